#include "auth/directory.hpp"

#include "base/log.hpp"

#include <unordered_set>

namespace reelvault::auth {
namespace {

constexpr std::chrono::minutes kClockSlack{2};  // clocks of nodes differ by less

}  // namespace

std::int64_t next_epoch(db::Transaction& tx) {
  tx.execute("update account_epoch set value = value + 1 where id = 1");
  return *tx.value<std::int64_t>("select value from account_epoch where id = 1");
}

struct Directory::State {
  struct User {
    std::int64_t epoch = 0;
    KnownUser known;
    std::vector<std::int64_t> groups;
  };
  struct Grant {
    std::int64_t epoch = 0;
    KnownGrant known;
  };
  struct Subject {
    std::int64_t row;
    bool group;
    bool operator==(const Subject&) const = default;
  };
  struct SubjectHash {
    std::size_t operator()(const Subject& s) const { return std::hash<std::int64_t>()(s.row * 2 + (s.group ? 1 : 0)); }
  };
  using GrantsByAsset = std::unordered_map<std::int64_t, std::int64_t>;  // asset row -> grant row

  std::int64_t epoch = -1;                // everything up to here is in
  std::map<std::int64_t, Changes> later;  // applied, but with changes of others missing before them
  std::unordered_map<std::int64_t, User> users;
  std::unordered_map<Uuid, std::int64_t> rows;
  std::map<std::pair<std::int64_t, std::int64_t>, std::pair<std::int64_t, bool>>
      members;  // (group, user): epoch, present
  std::unordered_map<std::int64_t, Grant> grants;
  std::unordered_map<Subject, GrantsByAsset, SubjectHash> by_subject;
  std::unordered_set<std::int64_t> gone_users, gone_groups, gone_grants;
  bool absent_members = false;
  Timestamp sessions_heard_at{};

  static Subject subject_of(const KnownGrant& grant) {
    return grant.group_row != 0 ? Subject{grant.group_row, true} : Subject{grant.user_row, false};
  }

  void put(const KnownUser& user, std::int64_t at) {
    if (gone_users.contains(user.row)) return;
    auto [found, added] = users.try_emplace(user.row);
    User& there = found->second;
    if (there.epoch > at) return;
    there.epoch = at;
    there.known = user;
    rows[user.id] = user.row;
    if (!added || later.empty()) return;
    for (const auto& [member, written] : members)  // a membership may have overtaken its user
      if (member.second == user.row && written.second) there.groups.push_back(member.first);
  }
  void put(const KnownMember& member, std::int64_t at) {
    if (gone_users.contains(member.user_row) || gone_groups.contains(member.group_row)) return;
    auto& [epoch_then, present] = members[{member.group_row, member.user_row}];
    if (epoch_then > at) return;
    epoch_then = at;
    present = member.present;
    absent_members = absent_members || !present;
    auto user = users.find(member.user_row);
    if (user == users.end()) return;
    std::erase(user->second.groups, member.group_row);
    if (member.present) user->second.groups.push_back(member.group_row);
  }
  void put(const KnownGrant& grant, std::int64_t at) {
    if (gone_grants.contains(grant.row) || gone_users.contains(grant.user_row) || gone_groups.contains(grant.group_row))
      return;
    Grant& there = grants[grant.row];
    if (there.epoch > at) return;
    there.epoch = at;
    there.known = grant;
    by_subject[subject_of(grant)][grant.asset_row] = grant.row;
  }
  void drop_grant(std::int64_t row) {
    gone_grants.insert(row);
    auto found = grants.find(row);
    if (found == grants.end()) return;
    auto subject = by_subject.find(subject_of(found->second.known));
    if (subject != by_subject.end()) {
      auto held = subject->second.find(found->second.known.asset_row);
      if (held != subject->second.end() && held->second == row) subject->second.erase(held);
      if (subject->second.empty()) by_subject.erase(subject);
    }
    grants.erase(found);
  }
  void drop_subject(Subject subject) {
    auto found = by_subject.find(subject);
    if (found == by_subject.end()) return;
    for (const auto& [asset, row] : found->second) grants.erase(row);
    by_subject.erase(found);
  }
  void drop_user(std::int64_t row) {
    gone_users.insert(row);
    drop_subject({row, false});
    std::erase_if(members, [&](const auto& member) { return member.first.second == row; });
    auto found = users.find(row);
    if (found == users.end()) return;
    rows.erase(found->second.known.id);
    users.erase(found);
  }
  void drop_group(std::int64_t row) {
    gone_groups.insert(row);
    drop_subject({row, true});
    auto first = members.lower_bound({row, INT64_MIN});
    auto last = members.upper_bound({row, INT64_MAX});
    for (auto member = first; member != last; ++member)
      if (auto user = users.find(member->first.second); user != users.end()) std::erase(user->second.groups, row);
    members.erase(first, last);
  }

  template <class F>
  void each_subject(const User& user, F&& fn) const {
    auto visit = [&](Subject subject) {
      if (auto found = by_subject.find(subject); found != by_subject.end()) fn(found->second);
    };
    visit({user.known.row, false});
    for (std::int64_t group : user.groups) visit({group, true});
  }
};

Directory::Directory() : state_(std::make_unique<State>()) {}
Directory::~Directory() = default;

Result<void> Directory::load(db::Database& database) {
  std::unique_lock one_at_a_time(load_mutex_);
  Timestamp at = now();
  std::unordered_map<Uuid, Timestamp> ended;
  auto loaded = database.read([&](db::Transaction& tx) -> Result<std::unique_ptr<State>> {
    auto state = std::make_unique<State>();
    ended.clear();
    state->sessions_heard_at = at;
    // One snapshot: the epoch and what it counts belong together.
    state->epoch = *tx.value<std::int64_t>("select value from account_epoch where id = 1");
    tx.each("select id, uid, username, role, disabled from user_account", {}, [&](const db::Row& row) {
      state->put(KnownUser{row.get<std::int64_t>(0), row.get<Uuid>(1), row.get<std::string>(2),
                           static_cast<Role>(row.get<int>(3)), row.get<bool>(4)},
                 state->epoch);
    });
    tx.each("select group_id, user_id from group_member", {}, [&](const db::Row& row) {
      state->put(KnownMember{row.get<std::int64_t>(0), row.get<std::int64_t>(1)}, state->epoch);
    });
    tx.each("select id, uid, user_id, group_id, asset_row, permission from access_grant", {}, [&](const db::Row& row) {
      state->put(
          KnownGrant{row.get<std::int64_t>(0), row.get<Uuid>(1), row.get<std::optional<std::int64_t>>(2).value_or(0),
                     row.get<std::optional<std::int64_t>>(3).value_or(0), row.get<std::int64_t>(4),
                     static_cast<Permission>(row.get<int>(5))},
          state->epoch);
    });
    tx.each("select uid, revoked_at from login_session where revoked_at > :after", {{"after", at - kEndedSessionsKept}},
            [&](const db::Row& row) { ended[row.get<Uuid>(0)] = row.get<Timestamp>(1); });
    return state;
  });
  if (!loaded) return std::unexpected(std::move(loaded.error()).within("loading users and grants"));

  std::unique_lock lock(mutex_);
  // What was applied since the snapshot was taken must not be lost.
  std::map<std::int64_t, Changes> later = std::move(state_->later);
  std::int64_t known = state_->epoch;
  if (known > (*loaded)->epoch) return {};  // memory went further meanwhile, without a gap
  state_ = std::move(*loaded);
  for (auto& [id, when] : ended) ended_[id] = when;
  for (const auto& [epoch, changes] : later) apply_locked(changes);
  version_.fetch_add(1, std::memory_order_release);
  return {};
}

Result<void> Directory::refresh(db::Database& database) {
  Timestamp at = now();
  Timestamp heard;
  {
    std::shared_lock lock(mutex_);
    heard = state_->sessions_heard_at;
  }
  std::vector<std::pair<Uuid, Timestamp>> ended;
  auto epoch = database.read([&](db::Transaction& tx) -> Result<std::int64_t> {
    ended =
        tx.all("select uid, revoked_at from login_session where revoked_at > :after", {{"after", heard - kClockSlack}},
               [](const db::Row& row) { return std::pair(row.get<Uuid>(0), row.get<Timestamp>(1)); });
    return *tx.value<std::int64_t>("select value from account_epoch where id = 1");
  });
  if (!epoch) return std::unexpected(std::move(epoch).error());
  bool behind;
  {
    std::unique_lock lock(mutex_);
    state_->sessions_heard_at = at;
    bool news = false;
    for (auto& [id, when] : ended) news = ended_.emplace(id, when).second || news;
    if (news) version_.fetch_add(1, std::memory_order_release);
    behind = state_->epoch < *epoch;
  }
  return behind ? load(database) : Result<void>{};
}

bool Directory::catch_up(db::Database& database) {
  if (database.kind() == db::Kind::sqlite) return false;  // no other node
  const std::uint64_t before = version();
  if (auto heard = refresh(database); !heard)
    log::warning("could not look for changed accounts", {{"detail", heard.error().detail}});
  return version() != before;
}

void Directory::apply_after(db::Transaction& tx, Changes changes) {
  tx.after_commit([this, changes = std::move(changes)] { apply(changes); });
}

void Directory::apply(const Changes& changes) {
  std::unique_lock lock(mutex_);
  apply_locked(changes);
  version_.fetch_add(1, std::memory_order_release);
}

void Directory::apply_locked(const Changes& changes) {
  State& state = *state_;
  if (changes.epoch <= state.epoch) return;  // the snapshot has it
  for (const KnownUser& user : changes.users) state.put(user, changes.epoch);
  for (const KnownMember& member : changes.members) state.put(member, changes.epoch);
  for (const KnownGrant& grant : changes.grants) state.put(grant, changes.epoch);
  for (std::int64_t row : changes.grants_gone) state.drop_grant(row);
  for (std::int64_t row : changes.groups_gone) state.drop_group(row);
  for (std::int64_t row : changes.users_gone) state.drop_user(row);

  state.later[changes.epoch] = changes;
  bool whole = false;
  while (!state.later.empty() && state.later.begin()->first == state.epoch + 1) {
    state.epoch = state.later.begin()->first;
    state.later.erase(state.later.begin());
    whole = state.later.empty();
  }
  if (!whole) return;
  // Nothing older can still arrive: what is gone need not be remembered.
  state.gone_users.clear();
  state.gone_groups.clear();
  state.gone_grants.clear();
  if (std::exchange(state.absent_members, false))
    std::erase_if(state.members, [](const auto& member) { return !member.second.second; });
}

void Directory::end_sessions_after(db::Transaction& tx, std::vector<Uuid> sessions) {
  if (sessions.empty()) return;
  tx.after_commit([this, sessions = std::move(sessions), at = now()] {
    std::unique_lock lock(mutex_);
    for (const Uuid& id : sessions) ended_[id] = at;
    version_.fetch_add(1, std::memory_order_release);
  });
}

void Directory::forget_ended_sessions(Timestamp before) {
  std::unique_lock lock(mutex_);
  std::erase_if(ended_, [&](const auto& session) { return session.second < before; });
}

std::optional<KnownUser> Directory::user(const Uuid& id) const {
  std::shared_lock lock(mutex_);
  auto row = state_->rows.find(id);
  if (row == state_->rows.end()) return std::nullopt;
  return state_->users.find(row->second)->second.known;
}

std::optional<KnownUser> Directory::user(std::int64_t row) const {
  std::shared_lock lock(mutex_);
  auto found = state_->users.find(row);
  return found == state_->users.end() ? std::nullopt : std::optional(found->second.known);
}

std::shared_ptr<const Principal> Directory::principal(const Identity& identity) const {
  auto out = std::make_shared<Principal>();
  std::shared_lock lock(mutex_);
  auto row = state_->rows.find(identity.user);
  if (row == state_->rows.end()) return nullptr;
  const State::User& user = state_->users.find(row->second)->second;
  if (user.known.disabled) return nullptr;
  if (identity.session && ended_.contains(*identity.session)) return nullptr;
  out->kind = identity.api_key_row != 0 ? Principal::Kind::api_key : Principal::Kind::user;
  out->user_row = user.known.row;
  out->user_id = user.known.id;
  out->username = user.known.username;
  out->role = user.known.role;
  out->group_rows = user.groups;
  out->limited = identity.limited;
  out->scopes = identity.scopes;
  return out;
}

std::optional<Permission> Directory::highest(std::int64_t user_row, std::span<const std::int64_t> chain) const {
  std::optional<Permission> best;
  std::shared_lock lock(mutex_);
  auto user = state_->users.find(user_row);
  if (user == state_->users.end() || user->second.known.disabled) return std::nullopt;
  state_->each_subject(user->second, [&](const State::GrantsByAsset& held) {
    for (std::int64_t asset : chain) {
      auto found = held.find(asset);
      if (found == held.end()) continue;
      Permission permission = state_->grants.find(found->second)->second.known.permission;
      if (!best || permission > *best) best = permission;
    }
  });
  return best;
}

std::vector<Directory::Held> Directory::held(std::int64_t user_row, std::span<const std::int64_t> chain) const {
  std::vector<Held> out;
  std::shared_lock lock(mutex_);
  auto user = state_->users.find(user_row);
  if (user == state_->users.end() || user->second.known.disabled) return out;
  state_->each_subject(user->second, [&](const State::GrantsByAsset& held) {
    for (std::size_t distance = 0; distance < chain.size(); ++distance)
      if (auto found = held.find(chain[distance]); found != held.end())
        out.push_back({state_->grants.find(found->second)->second.known, distance});
  });
  std::ranges::sort(out, {}, [](const Held& held) { return std::pair(held.distance, held.grant.row); });
  return out;
}

std::vector<std::int64_t> Directory::granted(std::int64_t user_row) const {
  std::vector<std::int64_t> out;
  {
    std::shared_lock lock(mutex_);
    auto user = state_->users.find(user_row);
    if (user == state_->users.end() || user->second.known.disabled) return out;
    state_->each_subject(user->second, [&](const State::GrantsByAsset& held) {
      for (const auto& [asset, grant] : held) out.push_back(asset);
    });
  }
  std::ranges::sort(out);
  auto repeated = std::ranges::unique(out);
  out.erase(repeated.begin(), repeated.end());
  return out;
}

}  // namespace reelvault::auth
