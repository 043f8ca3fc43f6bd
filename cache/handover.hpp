#pragma once
#include <vector>

#include "cache/events.hpp"
#include "cache/interest.hpp"

namespace tributary::cache {

/// Spares the delivery to read what a unit of work has just written: from the commit to the first byte nothing but the send is left.
class Handover {
public:
    Handover(Database& database, Events& events) : database_(database), events_(events) {}

    /// The new Events of each of these, from its first one on, where it is active and nothing earlier is to be sent. A large unit of work hands over
    /// nothing: its Events are read when their turn comes.
    std::vector<FreshEvents> collect(std::vector<Told> const& told);

private:
    Database& database_;
    Events& events_;
};

}  // namespace tributary::cache
