#pragma once
#include <filesystem>
#include <string>

#include "fhir/base/failure.hpp"

namespace tributary::app {

/// Where the two SQLite files are. For ":memory:" a private temporary folder, removed with the object.
class CacheFolder {
public:
    /// Errors: storage.
    static Result<CacheFolder> make(std::string const& path);
    CacheFolder(CacheFolder&& other) noexcept;
    CacheFolder& operator=(CacheFolder&&) = delete;
    ~CacheFolder();

    std::string const& store() const { return store_; }
    /// tributary.db → tributary-bodies.db
    std::string bodies() const;
    /// tributary.db → tributary-secrets.key
    std::string secrets_key() const;

private:
    std::string beside(std::string const& suffix) const;
    CacheFolder(std::string store, std::filesystem::path temporary)
        : store_(std::move(store)), temporary_(std::move(temporary)) {}
    std::string store_;
    std::filesystem::path temporary_;  ///< empty: the files stay
};

}  // namespace tributary::app
