#include <algorithm>
#include <cassert>

#include "orchestrator/storage/storage_impl.hpp"

namespace tributary::storage {

namespace {

constexpr std::size_t kSlice = std::size_t{256}
                               << 10U;        // a larger one keeps the disk from the writer for longer
constexpr std::size_t kComparedAtOnce = 200;  // digests: less than 2 ms of the writer

}  // namespace

BodyHold Storage::hold_body(std::string sha256) { return {impl_->held, std::move(sha256)}; }

awaitable<Result<void>> Storage::put_body(std::string sha256, std::shared_ptr<std::string const> bytes) {
    assert(impl_->held->contains(sha256));
    std::size_t const slices = std::max<std::size_t>(1, (bytes->size() + kSlice - 1) / kSlice);
    for (std::size_t slice = 0; slice < slices; ++slice) {
        auto put = [sha256, bytes, slice, slices](cache::BodyStore& store) {
            auto const part = std::string_view(*bytes).substr(slice * kSlice, kSlice);
            return store.put(sha256, slice, part, slice + 1 == slices);
        };
        auto done = co_await impl_->run(impl_->bodies, std::move(put), kSlice);
        if (!done) co_return done.error();
    }
    co_return Result<void>();
}
awaitable<Result<std::optional<std::string>>> Storage::get_body(std::string sha256) {
    return impl_->run(impl_->bodies, [sha256 = std::move(sha256)](cache::BodyStore& store) {
        return store.get(sha256);
    });
}

// Whoever points to bytes holds them from before they are put until his unit of work has answered, and each thread works in the order of what is asked. So
// what is held here may be pointed to soon, and what is put from now on is put after the removal.
awaitable<Result<void>> Storage::Impl::remove_bodies(std::vector<std::string> digests) {
    std::erase_if(digests, [&](std::string const& digest) { return held->contains(digest); });
    auto remove = [digests = std::move(digests)](cache::BodyStore& store) { return store.remove(digests); };
    return run(bodies, std::move(remove));
}

awaitable<Result<void>> Storage::trim_bodies(std::uint64_t bytes) {
    for (;;) {
        auto choose = [bytes](cache::Store& store) { return store.release_bodies(bytes); };
        auto released = co_await impl_->run(impl_->writer, std::move(choose));
        if (!released) co_return released.error();
        if (released->empty()) co_return Result<void>();
        auto removed = co_await impl_->remove_bodies(std::move(*released));
        if (!removed) co_return removed.error();
    }
}
awaitable<Result<void>> Storage::drop_unknown_bodies() {
    for (std::string after;;) {
        auto list = [after](cache::BodyStore& store) { return store.digests(after, kComparedAtOnce); };
        auto digests = co_await impl_->run(impl_->bodies, std::move(list));
        if (!digests) co_return digests.error();
        if (digests->empty()) co_return Result<void>();
        after = digests->back();
        auto compare = [digests = std::move(*digests)](cache::Store& store) {
            return store.unknown_bodies(digests);
        };
        auto unknown = co_await impl_->run(impl_->writer, std::move(compare));
        if (!unknown) co_return unknown.error();
        if (unknown->empty()) continue;
        auto removed = co_await impl_->remove_bodies(std::move(*unknown));
        if (!removed) co_return removed.error();
    }
}

}  // namespace tributary::storage
