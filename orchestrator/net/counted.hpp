#pragma once
#include "orchestrator/base/metrics.hpp"

namespace tributary::net {

/// Counts one as long as it lives.
class Counted {
public:
    explicit Counted(Metrics::Gauge& gauge) : gauge_(gauge) { gauge_.add(1); }
    Counted(Counted const&) = delete;
    Counted& operator=(Counted const&) = delete;
    ~Counted() { gauge_.add(-1); }

private:
    Metrics::Gauge& gauge_;
};

}  // namespace tributary::net
