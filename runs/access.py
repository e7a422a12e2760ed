"""Who may see, change and spend: the only place that asks.

Four roles, each holding all that the one below it may do. A person without a role sees nothing: to them every object
answers 404, as if it were not there.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Exists, Max, OuterRef, Subquery, Value, When
from django.http import Http404
from django.utils.crypto import constant_time_compare

from runs.models import Agent, Connection, Output, Run, RunInput

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
    from django.http import HttpRequest

    from runs.models.agent import AgentQuerySet
    from runs.models.run import RunQuerySet

    Person = User | AbstractBaseUser | AnonymousUser


RowT = TypeVar("RowT")


class Role(IntEnum):
    """Each role may do what the lower ones may."""

    NONE = 0
    VIEWER = 1  # sees
    EDITOR = 2  # starts, resumes, cancels
    MANAGER = 3  # spends
    ADMINISTRATOR = 4  # connections, people, the admin


ROLE_OF_GROUP = {
    "Viewer": Role.VIEWER,
    "Editor": Role.EDITOR,
    "Manager": Role.MANAGER,
    "Administrator": Role.ADMINISTRATOR,
}


def ensure_roles() -> None:
    """Make the four groups; Administrators get every permission, which is what the Django admin asks for."""
    for name in ROLE_OF_GROUP:
        Group.objects.get_or_create(name=name)
    Group.objects.get(name="Administrator").permissions.set(Permission.objects.all())


def role_of(user: Person) -> Role:
    """The highest role of the person's groups; read with the person, or else once per user object."""
    if not user.is_authenticated or not user.is_active:
        return Role.NONE
    known: Role | None = getattr(user, "_role", None)
    if known is None:
        if getattr(user, "is_superuser", False):
            known = Role.ADMINISTRATOR
        elif (rank := getattr(user, "group_rank", None)) is not None:
            known = Role(rank)
        else:
            names = Group.objects.filter(user=user.pk, name__in=ROLE_OF_GROUP).values_list("name", flat=True)
            known = max((ROLE_OF_GROUP[name] for name in names), default=Role.NONE)
        setattr(user, "_role", known)  # noqa: B010 - our own mark on Django's object
    return known


class RoleBackend(ModelBackend):
    """Django's own backend, which here loads a person together with their role: one read a page instead of two."""

    def get_user(self, user_id: int) -> User | None:
        """The active account of a session, or None."""
        ranks = [When(groups__name=name, then=Value(int(role))) for name, role in ROLE_OF_GROUP.items()]
        users = get_user_model().objects.annotate(group_rank=Max(Case(*ranks, default=Value(int(Role.NONE)))))
        user = users.filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None


def may_view(user: Person) -> bool:
    """See agents, runs, outputs, credits."""
    return role_of(user) >= Role.VIEWER


def may_start(user: Person) -> bool:
    """Start, resume and cancel runs; see what was sent in full."""
    return role_of(user) >= Role.EDITOR


def may_spend(user: Person) -> bool:
    """Change the plan."""
    return role_of(user) >= Role.MANAGER


def may_administer(user: Person) -> bool:
    """Change connections and people; use the Django admin."""
    return role_of(user) >= Role.ADMINISTRATOR


def require_view(user: Person) -> None:
    """Raise PermissionDenied for people without a role."""
    _require(may_view(user), "Your account has no role yet. Ask an administrator for one.")


def require_start(user: Person) -> None:
    """Raise PermissionDenied below Editor."""
    _require(may_start(user), "Starting and changing runs needs the Editor role.")


def require_spend(user: Person) -> None:
    """Raise PermissionDenied below Manager."""
    _require(may_spend(user), "Spending needs the Manager role.")


def require_administer(user: Person) -> None:
    """Raise PermissionDenied below Administrator."""
    _require(may_administer(user), "Changing connections needs the Administrator role.")


def agents_for(user: Person) -> AgentQuerySet:
    """The agents the person may see."""
    return Agent.objects.all() if may_view(user) else Agent.objects.none()


def runs_for(user: Person) -> RunQuerySet:
    """The runs the person may see."""
    return Run.objects.all() if may_view(user) else Run.objects.none()


def agent_for_view(user: Person, agent_id: uuid.UUID) -> Agent:
    """The agent with its connection and current version, or 404."""
    agent = agents_for(user).select_related("connection", "current_version").filter(pk=agent_id).first()
    return _found(agent)


def agent_for_start(user: Person, agent_id: uuid.UUID) -> Agent:
    """As :func:`agent_for_view`, for starting it: 403 below Editor."""
    agent = agent_for_view(user, agent_id)
    require_start(user)
    return agent


def run_for_view(user: Person, run_id: uuid.UUID) -> Run:
    """The run with its connection, agent and version, or 404."""
    run = runs_for(user).select_related("connection", "agent", "agent_version", "started_by").filter(pk=run_id).first()
    return _found(run)


def run_for_change(user: Person, run_id: uuid.UUID) -> Run:
    """As :func:`run_for_view`, for changing it: 403 below Editor."""
    run = run_for_view(user, run_id)
    require_start(user)
    return run


def output_for_view(user: Person, output_id: uuid.UUID) -> Output:
    """The output with its run and connection, or 404."""
    outputs = Output.objects.select_related("run__connection") if may_view(user) else Output.objects.none()
    return _found(outputs.filter(pk=output_id).first())


def input_for_view(user: Person, input_id: uuid.UUID) -> RunInput:
    """The input with its run and connection, or 404."""
    inputs = RunInput.objects.select_related("run__connection") if may_view(user) else RunInput.objects.none()
    return _found(inputs.filter(pk=input_id).first())


def connections_for(user: Person) -> list[Connection]:
    """The enabled connections, for people who may see anything."""
    return list(Connection.objects.enabled()) if may_view(user) else []


def connection_for_spend(user: Person, connection_id: uuid.UUID) -> Connection:
    """An enabled connection whose plan the person may change."""
    connection = Connection.objects.enabled().filter(pk=connection_id).first() if may_view(user) else None
    found = _found(connection)
    require_spend(user)
    return found


def connection_for_administer(user: Person, connection_id: uuid.UUID) -> Connection:
    """Any connection, for administrators."""
    connection = Connection.objects.filter(pk=connection_id).first() if may_view(user) else None
    found = _found(connection)
    require_administer(user)
    return found


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and from where; ``user`` is None for the command line."""

    user: Any
    address: str | None = None


def actor_of(request: HttpRequest) -> Actor:
    """The person behind a request; the address is the peer's, which behind a proxy is what the server makes of it."""
    return Actor(user=request.user, address=request.META.get("REMOTE_ADDR") or None)


@dataclass(frozen=True, slots=True)
class PolledRun:
    """What a poll needs to know before anything else is read."""

    version: int
    changed_at: datetime
    watched_at: datetime | None
    synced_at: datetime | None


def poll_version(request: HttpRequest, run_id: uuid.UUID) -> PolledRun | None:
    """The run's version for the person polling, in two reads: the session, and one row of everything else.

    It does what the authentication middleware does (active account, unchanged password) without loading the user
    apart. None when the person is not logged in, has no role, or there is no such run.
    """
    user_id = request.session.get(SESSION_KEY)
    if user_id is None or BACKEND_SESSION_KEY not in request.session:
        return None
    users = get_user_model()
    in_role = users.groups.through.objects.filter(user_id=OuterRef("pk"), group__name__in=ROLE_OF_GROUP)
    run = Run.objects.filter(pk=run_id)
    user = (
        users.objects.filter(pk=user_id, is_active=True)
        .annotate(
            in_role=Exists(in_role),
            run_version=Subquery(run.values("version")[:1]),
            run_changed_at=Subquery(run.values("changed_at")[:1]),
            run_watched_at=Subquery(run.values("watched_at")[:1]),
            run_synced_at=Subquery(run.values("synced_at")[:1]),
        )
        .first()
    )
    if user is None or user.run_version is None or not (user.in_role or user.is_superuser):
        return None
    if not constant_time_compare(request.session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        return None
    return PolledRun(
        version=user.run_version,
        changed_at=user.run_changed_at,
        watched_at=user.run_watched_at,
        synced_at=user.run_synced_at,
    )


def _require(allowed: bool, sentence: str) -> None:
    if not allowed:
        raise PermissionDenied(sentence)


def _found(row: RowT | None) -> RowT:
    if row is None:
        raise Http404
    return row
