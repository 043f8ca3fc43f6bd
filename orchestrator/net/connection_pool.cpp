#include "orchestrator/net/connection_pool.hpp"

#include <algorithm>

#include <sys/socket.h>

namespace tributary::net {

namespace {

/// Neither closed by the other side nor holding bytes that belong to no request (for TLS: its closing words).
bool is_quiet(Stream& stream) {
    char byte = 0;
    auto const read = ::recv(stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return read < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace

void ConnectionPool::drop(Position idle) {
    auto const found = by_key_.find(idle->key);
    found->second.remove(idle);
    if (found->second.empty()) by_key_.erase(found);
    idle_.erase(idle);
}

void ConnectionPool::drop_old() {
    while (!idle_.empty() && clock_.now() - idle_.front().since >= limits_.idle_for) drop(idle_.begin());
}

std::unique_ptr<Stream> ConnectionPool::take(std::string const& key) {
    drop_old();
    for (auto found = by_key_.find(key); found != by_key_.end(); found = by_key_.find(key)) {
        Position const newest = found->second.back();
        std::unique_ptr<Stream> stream = std::move(newest->stream);
        drop(newest);
        if (is_quiet(*stream)) return stream;
    }
    return nullptr;
}

void ConnectionPool::put(std::string const& key, std::unique_ptr<Stream> stream) {
    drop_old();
    if (limits_.per_key == 0 || limits_.in_all == 0) return;
    auto const known = by_key_.find(key);
    if (known != by_key_.end() && known->second.size() >= limits_.per_key) drop(known->second.front());
    if (idle_.size() >= limits_.in_all) drop(idle_.begin());
    idle_.push_back(Idle{key, std::move(stream), clock_.now()});
    by_key_[key].push_back(std::prev(idle_.end()));
}

void ConnectionPool::clear() {
    by_key_.clear();
    idle_.clear();
}

}  // namespace tributary::net
