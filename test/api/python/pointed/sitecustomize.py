"""Points Entra's login host at the stack's issuer, as an entry of a hosts file with a forwarded port would."""
import os
import socket

_getaddrinfo = socket.getaddrinfo


def _pointed(host, port, *rest, **named):
    if host == 'login.microsoftonline.com':
        return _getaddrinfo('127.0.0.1', int(os.environ['ISSUER_PORT']), *rest, **named)
    return _getaddrinfo(host, port, *rest, **named)


socket.getaddrinfo = _pointed
