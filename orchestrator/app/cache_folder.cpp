#include "orchestrator/app/cache_folder.hpp"

#include <cstdlib>
#include <utility>

namespace tributary::app {

Result<CacheFolder> CacheFolder::make(std::string const& path) {
    if (path != ":memory:") return CacheFolder(path, {});
    std::string pattern = (std::filesystem::temp_directory_path() / "tributary-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        return Failure(
            Errc::storage,
            "cannot make a temporary folder for the cache: check the space and rights of " + pattern
        );
    }
    return CacheFolder(pattern + "/tributary.db", pattern);
}

CacheFolder::CacheFolder(CacheFolder&& other) noexcept
    : store_(std::move(other.store_)), temporary_(std::exchange(other.temporary_, {})) {}

CacheFolder::~CacheFolder() {
    if (temporary_.empty()) return;
    std::error_code ignored;  // a temporary folder that stays is no reason to fail a shutdown
    std::filesystem::remove_all(temporary_, ignored);
}

std::string CacheFolder::bodies() const {
    return beside("-bodies" + std::filesystem::path(store_).extension().string());
}

std::string CacheFolder::secrets_key() const { return beside("-secrets.key"); }

std::string CacheFolder::beside(std::string const& suffix) const {
    std::filesystem::path const file = store_;
    return (file.parent_path() / (file.stem().string() + suffix)).string();
}

}  // namespace tributary::app
