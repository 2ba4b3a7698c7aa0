#include "app/application.hpp"

#include "app/health_routes.hpp"
#include "app/maintenance.hpp"
#include "app/news.hpp"
#include "app/rooms.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "db/data_directory.hpp"
#include "db/migrate.hpp"
#include "http/server.hpp"
#include "http/static_files.hpp"
#include "jobs/protocol.hpp"
#include "jobs/supervisor.hpp"
#include "storage/store_config.hpp"

#include <future>

namespace reelvault::app {

struct Application::Parts {
  Config config;
  UniqueFd data_lock;
  std::unique_ptr<db::Database> database;
  std::unique_ptr<Rooms> rooms;
  std::unique_ptr<News> news;
  http::RouteTable public_routes, worker_routes, metrics_routes;
  std::unique_ptr<http::Server> server, worker_server, metrics_server;
  std::unique_ptr<jobs::Supervisor> workers;
  std::unique_ptr<Maintenance> maintenance;
};

Application::Application(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

namespace {

http::ServerOptions server_options(const Config& config, const db::Database& database) {
  http::ServerOptions options;
  options.address = config.text("http.bind");
  options.port = static_cast<std::uint16_t>(config.integer("http.port"));
  options.threads = static_cast<int>(config.integer("http.threads"));
  options.public_url = config.text("http.public_url");
  options.tls_certificate = config.text("http.tls_certificate");
  options.tls_key = config.text("http.tls_key");
  options.header_limit = static_cast<std::uint64_t>(config.integer("http.header_limit_bytes"));
  options.body_limit = static_cast<std::uint64_t>(config.integer("http.body_limit_bytes"));
  options.max_connections = static_cast<int>(config.integer("http.max_connections"));
  options.idle_timeout = config.seconds("http.idle_timeout_s");
  options.header_timeout = config.seconds("http.header_timeout_s");
  options.request_timeout = config.seconds("http.request_timeout_s");
  options.shutdown_grace = config.seconds("http.shutdown_grace_s");
  options.minimum_rate = static_cast<std::uint64_t>(config.integer("http.minimum_rate_bytes"));
  options.cors_origins = config.list("http.cors_origins");
  options.inline_points = database.kind() == db::Kind::sqlite;
  return options;
}

}  // namespace

Result<std::unique_ptr<db::Database>> open_database(const Config& config) {
  db::Options options;
  options.url = config.text("database.url");
  options.path = config.data_dir() / "reelvault.db";
  // Point routes read on the event loops, the rest on lanes; none should wait for another's connection.
  int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  options.readers = std::clamp(3 * cores + 2, 4, 32);
  if (auto readers = config.integer("database.readers"); readers > 0) options.readers = static_cast<int>(readers);
  return db::Database::open(std::move(options));
}

Result<std::unique_ptr<Application>> Application::start(const Config& config, const std::string& program_path,
                                                        const std::optional<std::filesystem::path>& config_file,
                                                        const std::function<void(const std::string&)>& first_admin) {
  auto parts = std::make_unique<Parts>();
  parts->config = config;
  RV_TRY(parts->data_lock, db::lock_data_directory(config.data_dir()));
  // A new installation's first password is hashed while its schema is made.
  std::future<auth::FirstPassword> password;
  std::error_code unknown;
  if (config.text("database.url").empty() && !std::filesystem::exists(config.data_dir() / "reelvault.db", unknown))
    password = std::async(std::launch::async, [&config] { return auth::first_password(config, auth::Passwords()); });
  RV_TRY(parts->database, open_database(config));
  RV_CHECK(db::migrate(*parts->database));
  parts->database->warm_up();
  RV_TRY(parts->rooms, Rooms::make(config, *parts->database));
  Rooms& rooms = *parts->rooms;
  RV_TRY(const auto made,
         rooms.accounts->ensure_first_admin(config, password.valid() ? std::optional(password.get()) : std::nullopt));
  if (made) first_admin(*made);

  parts->news = std::make_unique<News>(rooms);
  rooms.add_routes(parts->public_routes);
  add_health_routes(parts->public_routes, config, rooms);
  std::filesystem::path web = config.text("web.dir");
  if (!web.empty()) parts->public_routes.add(http::static_files("/app", web));
  parts->public_routes.add(
      http::raw(http::Method::get, "/",
                {.summary = "To the web app",
                 .tag = "App",
                 .access = http::everyone(),
                 .cost = http::Cost::point,
                 .hidden = true},
                [](http::Request&) -> Result<http::Response> { return http::Response::redirect("/app/"); }));
  jobs::add_worker_routes(parts->public_routes, *rooms.jobs, rooms.workers);
  jobs::add_worker_routes(parts->worker_routes, *rooms.jobs, rooms.workers);

  RV_CHECK(rooms.batches->take_up(true));
  RV_CHECK(rooms.archive->reconcile());
  rooms.jobs->start();
  RV_CHECK(parts->news->start());
  RV_CHECK(rooms.webhook_dispatcher->start());

  std::filesystem::path socket = config.data_dir() / "run" / "worker.sock";
  RV_CHECK(make_directories(socket.parent_path()));
  http::ServerOptions worker_options = server_options(config, *parts->database);
  worker_options.unix_socket = socket.string();
  worker_options.threads = 1;
  worker_options.tls_certificate.clear();
  worker_options.tls_key.clear();
  worker_options.shutdown_grace = std::chrono::seconds(2);
  RV_TRY(parts->worker_server,
         http::Server::start(worker_options, parts->worker_routes, *rooms.worker_gate, nullptr, nullptr));
  http::ServerOptions public_options = server_options(config, *parts->database);
  RV_TRY(public_options.proxies,
         http::TrustedProxies::from(config.list("http.trusted_proxies"), config.text("http.forwarded_field")));
  RV_TRY(parts->server, http::Server::start(public_options, parts->public_routes, *rooms.gate, &parts->news->hub(),
                                            &rooms.accounts->idempotency()));

  if (auto port = config.integer("metrics.port"); port != 0) {
    add_open_metrics(parts->metrics_routes);
    http::ServerOptions metrics_options = server_options(config, *parts->database);
    metrics_options.port = static_cast<std::uint16_t>(port);
    metrics_options.threads = 1;
    RV_TRY(parts->metrics_server,
           http::Server::start(metrics_options, parts->metrics_routes, *rooms.gate, nullptr, nullptr));
  }

  std::int64_t count = config.integer("worker.count");
  if (count == 0) count = std::max<std::int64_t>(1, std::thread::hardware_concurrency());
  std::vector<std::string> worker_arguments;
  if (config_file) worker_arguments = {"--config", config_file->string()};
  RV_TRY(parts->workers, jobs::Supervisor::start({.program = program_path,
                                                  .socket = socket.string(),
                                                  .count = static_cast<int>(count),
                                                  .arguments = worker_arguments,
                                                  .worker_prefix = rooms.jobs->own_worker_prefix(),
                                                  .gone = [&rooms](const std::string& worker, bool crashed) {
                                                    if (auto told = rooms.jobs->worker_gone(worker, crashed); !told)
                                                      log::warning("what a worker held waits for its lease to end",
                                                                   {{"detail", told.error().detail}});
                                                  }}));
  parts->maintenance = std::make_unique<Maintenance>(config, rooms);
  rooms.watcher->start();
  log::info("serving", {{"address", config.text("http.bind")}, {"port", parts->server->port()}});
  return std::unique_ptr<Application>(new Application(std::move(parts)));
}

Application::~Application() {
  log::info("stopping");
  // First nothing new comes in, then what is in flight ends, then those who work behind it.
  parts_->maintenance.reset();
  parts_->rooms->watcher->stop();
  parts_->rooms->jobs->stop();  // workers that wait for a job would be in flight for long
  if (parts_->metrics_server) parts_->metrics_server->stop();
  if (parts_->server) parts_->server->stop();
  parts_->workers.reset();
  if (parts_->worker_server) parts_->worker_server->stop();
  parts_->news->stop();
  parts_->rooms->webhook_dispatcher->stop();
  parts_->metrics_server.reset();
  parts_->server.reset();
  parts_->worker_server.reset();
  parts_->news.reset();
  parts_->rooms.reset();
  parts_->database.reset();
  log::info("stopped");
  log::flush();
}

std::string Application::address() const {
  const Config& config = parts_->config;
  if (!config.text("http.public_url").empty()) return config.text("http.public_url");
  std::string host = config.text("http.bind");
  if (host == "0.0.0.0" || host == "::") host = "127.0.0.1";
  return fmt::format("{}://{}:{}", config.text("http.tls_certificate").empty() ? "http" : "https", host,
                     parts_->server->port());
}

Result<std::string> openapi_document() {
  // A throw-away database in memory's place: routes are declarations, but they hold references to rooms.
  std::filesystem::path folder = std::filesystem::temp_directory_path() / ("reelvault-openapi-" + Uuid::v7().text());
  std::filesystem::create_directories(folder);
  auto document = [&]() -> Result<std::string> {
    Config config = Config::defaults({{"data.dir", folder.string()}});
    RV_TRY(auto database, open_database(config));
    RV_CHECK(db::migrate(*database));
    RV_TRY(auto rooms, Rooms::make(config, *database));
    http::RouteTable table;
    rooms->add_routes(table);
    add_health_routes(table, config, *rooms);
    return http::openapi_document(table, version());
  }();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return document;
}

}  // namespace reelvault::app
