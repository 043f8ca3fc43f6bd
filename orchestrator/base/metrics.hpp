#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tributary {

/// The registry behind /metrics (Prometheus text). Owner: app, outlives every part; a part asks once, in its constructor, and keeps the reference.
/// Thread: any. Names begin with tributary_ and end in the unit; labels have bounded values.
class Metrics {
public:
    using Labels = std::map<std::string, std::string>;
    class Counter {
    public:
        virtual void add(double amount = 1) = 0;
        virtual double value() const = 0;

    protected:
        ~Counter() = default;
    };
    class Gauge {
    public:
        virtual void set(double value) = 0;
        virtual void add(double amount) = 0;
        virtual double value() const = 0;

    protected:
        ~Gauge() = default;
    };
    class Histogram {
    public:
        virtual void observe(double value) = 0;

    protected:
        ~Histogram() = default;
    };

    Metrics();
    ~Metrics();
    Metrics(Metrics const&) = delete;
    Metrics& operator=(Metrics const&) = delete;

    Counter& counter(std::string const& name, std::string const& help, Labels const& labels = {});
    Gauge& gauge(std::string const& name, std::string const& help, Labels const& labels = {});
    Histogram& histogram(
        std::string const& name,
        std::string const& help,
        std::vector<double> const& buckets,
        Labels const& labels = {}
    );
    std::string text() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tributary
