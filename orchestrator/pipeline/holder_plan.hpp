#pragma once
#include <cstddef>
#include <deque>
#include <vector>

#include "cache/records.hpp"
#include "fhir/base/failure.hpp"

namespace tributary::pipeline {

/// In which order the holders of a content are asked. Each once, then those again that may do better at a second look: after a failure that passes,
/// and, once their DocumentReference has been read again, those with the wrong bytes or without the document. A value. Source: document-sharing B.3, D.4.
class HolderPlan {
public:
    enum class Look {
        first,
        second,    ///< the call failed for a reason that may pass
        reread,    ///< it had the document no longer: only if it is elsewhere now
        last_look  ///< it had other bytes: without content-coding, and its own word counts
    };
    /// there: as look() says now; repeat: the same call, as its Lane says; elsewhere: not there.
    enum class Next { there, repeat, elsewhere };

    HolderPlan() = default;
    explicit HolderPlan(std::vector<cache::Holder> holders);

    bool empty() const { return attempts_.empty(); }
    /// Precondition of what follows: not empty.
    cache::Holder const& holder() const { return attempts_.front().holder; }
    Look look() const { return attempts_.front().look; }
    /// The holder was not asked: it cannot be, or not now.
    void skip() { attempts_.pop_front(); }
    /// Its call has failed. Who is the only one left is asked again in a row.
    Next failed(Failure const& why);
    /// No other look at it is worth while.
    void give_up() { attempts_.front().final = true; }
    /// It has ended as failed: the next one is at the front.
    void ended(Failure const& why);
    /// Its DocumentReference, read again, says this.
    void replace(cache::Holder holder) { attempts_.front().holder = std::move(holder); }
    /// Every holder said that the document is there no longer.
    bool gone() const { return holders_ > 0 && gone_ == holders_; }

private:
    struct Attempt {
        cache::Holder holder;
        Look look = Look::first;
        bool repeated = false;  ///< by its Lane, until that gave up
        bool final = false;
    };
    static Look next_look(Failure const& why);

    std::deque<Attempt> attempts_;
    std::size_t holders_ = 0, gone_ = 0;
};

}  // namespace tributary::pipeline
