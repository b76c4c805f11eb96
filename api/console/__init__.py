"""The console of crews and operators at `/ops`: pages for a phone, behind a sign-in with a token.

Enters: requests of browsers. Leaves: HTML, and acts upon jobs, alerts and refused messages in their sender's name.
Never: a script's interface; programs use `/v1/ops/` with the token itself.
"""
