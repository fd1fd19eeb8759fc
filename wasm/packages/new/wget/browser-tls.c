/*
 * TLS is the browser's: what goes to port 443 inside is plain, and the gateway of the sandbox makes the request by
 * HTTPS (docs/network.md). So wget's handshake does nothing; the browser has checked the certificate before there is a
 * response. It is included by utils.c.
 */
#include "ssl.h"

bool ssl_init(void)
{
  return true;
}

void ssl_cleanup(void)
{
}

bool ssl_connect_wget(int fd, const char *hostname, int *continue_session)
{
  (void)fd;
  (void)hostname;
  (void)continue_session;
  return true;
}

bool ssl_check_certificate(int fd, const char *host)
{
  (void)fd;
  (void)host;
  return true;
}
