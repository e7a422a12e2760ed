"""Who are you?"""

from __future__ import annotations

from django import forms


class LoginForm(forms.Form):
    """Account name and password; whether they fit is the view's question."""

    username = forms.CharField(
        max_length=150,
        error_messages={"required": "Enter your account name."},
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        max_length=4096,
        strip=False,
        error_messages={"required": "Enter your password."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
