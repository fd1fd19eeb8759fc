/*
 * TLS is the browser's: what goes to port 443 inside is plain, and the gateway of the sandbox makes the request by
 * HTTPS (docs/network.md). So this backend of libcurl has a handshake that does nothing; the browser has checked the
 * certificate before there is a response. It is included by vtls.c.
 */
#include "sendf.h"

#include <sys/random.h>

/* (libcurl wants a size that is not 0) */
struct ssl_backend_data {
  char nothing;
};

static size_t browser_version(char *buffer, size_t size)
{
  return msnprintf(buffer, size, "browser");
}

static CURLcode browser_random(struct Curl_easy *data, unsigned char *entropy, size_t length)
{
  (void)data;
  while(length) {
    ssize_t got = getrandom(entropy, length < 256 ? length : 256, 0);
    if(got < 0)
      return CURLE_FAILED_INIT;
    entropy += got;
    length -= got;
  }
  return CURLE_OK;
}

static CURLcode browser_connect(struct Curl_cfilter *cf, struct Curl_easy *data)
{
  struct ssl_connect_data *connssl = cf->ctx;
  if(connssl->state != ssl_connection_complete) {
    infof(data, "TLS to %s is the browser's", connssl->hostname);
    connssl->connecting_state = ssl_connect_done;
    connssl->state = ssl_connection_complete;
  }
  return CURLE_OK;
}

static CURLcode browser_connect_nonblocking(struct Curl_cfilter *cf, struct Curl_easy *data, bool *done)
{
  *done = TRUE;
  return browser_connect(cf, data);
}

static void *browser_internals(struct ssl_connect_data *connssl, CURLINFO info)
{
  (void)info;
  return connssl->backend;
}

static void browser_close(struct Curl_cfilter *cf, struct Curl_easy *data)
{
  (void)cf;
  (void)data;
}

static ssize_t browser_recv(struct Curl_cfilter *cf, struct Curl_easy *data, char *buffer, size_t length, CURLcode *code)
{
  return Curl_conn_cf_recv(cf->next, data, buffer, length, code);
}

static ssize_t browser_send(struct Curl_cfilter *cf, struct Curl_easy *data, const void *bytes, size_t length,
                            CURLcode *code)
{
  return Curl_conn_cf_send(cf->next, data, bytes, length, code);
}

static const struct Curl_ssl Curl_ssl_browser = {
  { CURLSSLBACKEND_NONE, "browser" },
  0,
  sizeof(struct ssl_backend_data),
  Curl_none_init,
  Curl_none_cleanup,
  browser_version,
  Curl_none_check_cxn,
  Curl_none_shutdown,
  Curl_none_data_pending,
  browser_random,
  Curl_none_cert_status_request,
  browser_connect,
  browser_connect_nonblocking,
  Curl_ssl_get_select_socks,
  browser_internals,
  browser_close,
  Curl_none_close_all,
  Curl_none_session_free,
  Curl_none_set_engine,
  Curl_none_set_engine_default,
  Curl_none_engines_list,
  Curl_none_false_start,
  NULL,
  NULL,
  NULL,
  NULL,
  browser_recv,
  browser_send,
};
