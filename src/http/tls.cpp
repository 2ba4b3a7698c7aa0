#include "http/tls.hpp"

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <pthread.h>
#include <sys/stat.h>

#include <ctime>

namespace reelvault::http {
namespace {

constexpr auto kSoon = std::chrono::hours(14 * 24);

std::unexpected<Error> refuse(std::string what) {
  char reason[256] = "";
  ERR_error_string_n(ERR_get_error(), reason, sizeof reason);
  return fail(Code::internal, "tls", std::move(what), reason);
}

Result<std::shared_ptr<SSL_CTX>> make_context(const std::string& certificate, const std::string& key) {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(),
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  // A key with a pass phrase is refused; OpenSSL would ask the terminal for it, and wait.
  SSL_CTX_set_default_passwd_cb(context.get(), [](char*, int, int, void*) { return -1; });
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1)
    return refuse("The TLS certificate cannot be read: " + certificate);
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1)
    return refuse("The TLS key cannot be read without a pass phrase, or does not fit the certificate: " + key);
  SSL_CTX_set_alpn_select_cb(
      context.get(),
      [](SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in, unsigned in_length,
         void*) {
        static constexpr unsigned char kHttp[] = "\x08http/1.1";
        auto* chosen = const_cast<unsigned char**>(out);
        int found = SSL_select_next_proto(chosen, out_length, kHttp, sizeof kHttp - 1, in, in_length);
        return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
      },
      nullptr);
  return context;
}

Timestamp good_until(SSL_CTX* context) {
  std::tm until{};
  const X509* certificate = SSL_CTX_get0_certificate(context);
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &until) != 1) return {};
  return from_unix_ms(std::int64_t{::timegm(&until)} * 1000);
}

}  // namespace

Result<std::unique_ptr<TlsCredentials>> TlsCredentials::load(std::string certificate, std::string key,
                                                             std::chrono::milliseconds interval) {
  std::unique_ptr<TlsCredentials> out(new TlsCredentials(std::move(certificate), std::move(key)));
  RV_CHECK(out->read());
  out->thread_ = std::thread([raw = out.get(), interval] { raw->watch(interval); });
  return out;
}

TlsCredentials::~TlsCredentials() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<ssl_ctx_st> TlsCredentials::context() {
  std::lock_guard lock(mutex_);
  return context_;
}

TlsCredentials::State TlsCredentials::state() const {
  State out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    struct stat status{};
    if (::stat((i == 0 ? certificate_ : key_).c_str(), &status) != 0) continue;
    out[i] = {static_cast<std::int64_t>(status.st_dev), static_cast<std::int64_t>(status.st_ino), status.st_size,
              status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
  }
  return out;
}

Result<void> TlsCredentials::read() {
  tried_ = state();
  RV_TRY(auto context, make_context(certificate_, key_));
  const Timestamp until = good_until(context.get());
  metrics::gauge("reelvault_tls_certificate_expiry_seconds", "When the TLS certificate expires, in Unix time")
      .Set(static_cast<double>(unix_ms(until)) / 1000);
  if (until < now())
    log::warning("the TLS certificate has expired", {{"file", certificate_}, {"at", rfc3339(until)}});
  else if (until < now() + kSoon)
    log::warning("the TLS certificate expires soon", {{"file", certificate_}, {"at", rfc3339(until)}});
  std::lock_guard lock(mutex_);
  context_ = std::move(context);
  return {};
}

void TlsCredentials::watch(std::chrono::milliseconds interval) {
  pthread_setname_np(pthread_self(), "tls files");
  State before = tried_;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, interval, [this] { return stopping_; })) {
    lock.unlock();
    // Two files are never replaced at once: what is not the same in two looks is still being done.
    const State seen = state();
    if (std::exchange(before, seen) == seen && seen != tried_) {
      if (auto done = read(); done)
        log::info("the TLS certificate was read again", {{"file", certificate_}});
      else
        log::error("the TLS certificate that was replaced cannot be used; the former one stays",
                   {{"reason", done.error().message}, {"detail", done.error().detail}});
    }
    lock.lock();
  }
}

}  // namespace reelvault::http
