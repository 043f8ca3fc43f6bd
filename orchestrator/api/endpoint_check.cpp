#include "orchestrator/api/endpoint_check.hpp"

#include "orchestrator/async/deadline.hpp"
#include "orchestrator/net/url.hpp"

namespace tributary::api {

namespace {

constexpr std::chrono::seconds kResolvedWithin{2};

}  // namespace

boost::asio::awaitable<Result<void>> check_endpoint(Context const& context, subscriptions::Plan const& plan) {
    auto url = net::parse_url(plan.channel.endpoint);
    bool const called = plan.channel.type == subscriptions::ChannelType::rest_hook;
    auto const& policy = context.settings.endpoint_policy;
    if (!called || !url || policy.allow_private_addresses) co_return Result<void>();
    auto const deadline = async::Deadline::after(context.clock, kResolvedWithin);
    auto const allowed = co_await context.client.check_host(deadline, std::move(*url), policy);
    if (!allowed) co_return allowed.error().at("Subscription.channel.endpoint");
    co_return Result<void>();
}

}  // namespace tributary::api
