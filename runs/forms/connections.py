"""A connection to the Mosaic API, made or changed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from runs.models import Connection
from runs.models.address import OTHER_SERVER, check_address, same_server

if TYPE_CHECKING:
    from django.http import QueryDict

SHORTEST_KEY = 8


class ConnectionForm(forms.Form):
    """Name, address, key. The key goes in and never comes out: an empty field keeps the one that is stored."""

    name = forms.CharField(
        max_length=80, help_text="How it is called on every page.", error_messages={"required": "Give it a name."}
    )
    address = forms.CharField(
        max_length=300,
        help_text="The API's base address, like https://api.mosaic.so.",
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false", "autocapitalize": "none"}),
    )
    api_key = forms.CharField(
        label="API key",
        max_length=500,
        required=False,
        widget=forms.PasswordInput(
            render_value=False, attrs={"autocomplete": "off", "spellcheck": "false", "placeholder": "mk_…"}
        ),
    )
    is_enabled = forms.BooleanField(label="In use", required=False, initial=True)

    def __init__(self, data: QueryDict | None = None, *, connection: Connection | None = None) -> None:
        self.connection = connection
        initial: dict[str, Any] = {"address": "https://api.mosaic.so"}
        if connection:
            initial = {name: getattr(connection, name) for name in ("name", "address", "is_enabled")}
        super().__init__(data, initial=initial, use_required_attribute=False)
        key = self.fields["api_key"]
        if connection and connection.api_key_last4:
            key.help_text = f"Leave it empty to keep the stored key, which ends in {connection.api_key_last4}."
        else:
            key.help_text = "Stored encrypted and never shown again."
        if connection and connection.is_managed:
            for name in ("address", "api_key"):
                self.fields[name].disabled = True
            key.help_text = "Address and key come from the environment; change them there."

    def clean_name(self) -> str:
        """Names tell connections apart, so each is there once."""
        name = str(self.cleaned_data["name"]).strip()
        others = Connection.objects.exclude(pk=self.connection.pk) if self.connection else Connection.objects.all()
        if others.filter(name__iexact=name).exists():
            raise forms.ValidationError("Another connection has this name already.")
        return name

    def clean_address(self) -> str:
        """HTTPS, since a key travels with every request; plain HTTP only on this machine."""
        address = str(self.cleaned_data["address"]).strip().rstrip("/")
        if "address" in self.fields and self.fields["address"].disabled:
            return address
        check_address(address)
        return address

    def clean_api_key(self) -> str:
        """A new connection needs a key."""
        key = str(self.cleaned_data["api_key"] or "").strip()
        if not key and not (self.connection and self.connection.api_key):
            raise forms.ValidationError("Enter the API key.")
        if key and (len(key) < SHORTEST_KEY or not key.isascii() or any(letter.isspace() for letter in key)):
            raise forms.ValidationError("This does not look like a key: it is one word, like mk_live_….")
        return key

    def clean(self) -> dict[str, Any]:
        """A stored key goes to the server it was entered for; for another one it has to be typed again."""
        data = super().clean() or self.cleaned_data
        known = self.connection
        if known and known.api_key and not known.is_managed and not data.get("api_key"):
            address = data.get("address")
            if address and not same_server(address, known.address):
                self.add_error("api_key", OTHER_SERVER)
        return data
