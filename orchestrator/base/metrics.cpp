#include "orchestrator/base/metrics.hpp"

#include <mutex>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace tributary {

namespace {

class CounterOf final : public Metrics::Counter {
public:
    explicit CounterOf(prometheus::Counter& counter) : counter_(counter) {}
    void add(double amount) override { counter_.Increment(amount); }
    double value() const override { return counter_.Value(); }

private:
    prometheus::Counter& counter_;
};

class GaugeOf final : public Metrics::Gauge {
public:
    explicit GaugeOf(prometheus::Gauge& gauge) : gauge_(gauge) {}
    void set(double value) override { gauge_.Set(value); }
    void add(double amount) override { gauge_.Increment(amount); }
    double value() const override { return gauge_.Value(); }

private:
    prometheus::Gauge& gauge_;
};

class HistogramOf final : public Metrics::Histogram {
public:
    explicit HistogramOf(prometheus::Histogram& histogram) : histogram_(histogram) {}
    void observe(double value) override { histogram_.Observe(value); }

private:
    prometheus::Histogram& histogram_;
};

}  // namespace

struct Metrics::Impl {
    /// The same name and labels are the same metric: one face for each.
    template <class Face, class Metric>
    static Face& face_of(std::map<Metric*, Face>& faces, Metric& metric) {
        return faces.try_emplace(&metric, metric).first->second;
    }

    std::mutex mutex;
    prometheus::Registry registry;
    std::map<prometheus::Counter*, CounterOf> counters;
    std::map<prometheus::Gauge*, GaugeOf> gauges;
    std::map<prometheus::Histogram*, HistogramOf> histograms;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Metrics::Counter& Metrics::counter(std::string const& name, std::string const& help, Labels const& labels) {
    std::scoped_lock const lock(impl_->mutex);
    auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry);
    return Impl::face_of(impl_->counters, family.Add(labels));
}

Metrics::Gauge& Metrics::gauge(std::string const& name, std::string const& help, Labels const& labels) {
    std::scoped_lock const lock(impl_->mutex);
    auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry);
    return Impl::face_of(impl_->gauges, family.Add(labels));
}

Metrics::Histogram& Metrics::histogram(
    std::string const& name, std::string const& help, std::vector<double> const& buckets, Labels const& labels
) {
    std::scoped_lock const lock(impl_->mutex);
    auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry);
    return Impl::face_of(impl_->histograms, family.Add(labels, buckets));
}

std::string Metrics::text() const {
    return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace tributary
