#pragma once
#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/net/stream.hpp"

namespace tributary::net {

/// Connections kept open between calls, by what they may be used for. Only for .cpp files of this folder. Thread: the loop.
/// Bounded per key and in all: the oldest go first.
class ConnectionPool {
public:
    struct Limits {
        std::size_t per_key = 16;
        std::size_t in_all = 1024;
        std::chrono::seconds idle_for{20};
    };
    ConnectionPool(async::Clock& clock, Limits limits) : clock_(clock), limits_(limits) {}

    /// The one used last of that key; empty: none that is young enough and still open, as far as can be seen.
    std::unique_ptr<Stream> take(std::string const& key);
    void put(std::string const& key, std::unique_ptr<Stream> stream);
    void clear();
    std::size_t size() const { return idle_.size(); }

private:
    struct Idle {
        std::string key;
        std::unique_ptr<Stream> stream;
        async::Clock::TimePoint since;
    };
    using Position = std::list<Idle>::iterator;

    void drop(Position idle);
    void drop_old();

    async::Clock& clock_;
    Limits limits_;
    std::list<Idle> idle_;  // oldest first
    std::map<std::string, std::list<Position>> by_key_;
};

}  // namespace tributary::net
