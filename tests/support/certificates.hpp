#pragma once
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include <stdlib.h>

namespace tributary {

/// A certificate authority of the test's own in a temporary folder, removed at the end. Needs the openssl command.
class Certificates {
public:
    Certificates() {
        std::string pattern = (std::filesystem::temp_directory_path() / "tributary-tls-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
        folder_ = pattern;
        issue("ca", "-x509 -addext basicConstraints=critical,CA:true");
    }
    Certificates(Certificates const&) = delete;
    Certificates& operator=(Certificates const&) = delete;
    ~Certificates() { std::filesystem::remove_all(folder_); }

    /// `names`: "DNS:localhost,IP:127.0.0.1". Files certificate(name) and key(name).
    void add(std::string const& name, std::string const& names) {
        issue(
            name,
            "-x509 -CA " + certificate("ca") + " -CAkey " + key("ca") + " -addext subjectAltName=" + names
        );
    }
    std::string ca() const { return certificate("ca"); }
    std::string certificate(std::string const& name) const { return (folder_ / (name + ".pem")).string(); }
    std::string key(std::string const& name) const { return (folder_ / (name + ".key")).string(); }

private:
    void issue(std::string const& name, std::string const& how) const {
        std::string const command =
            "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" + name +
            " -keyout " + key(name) + " -out " + certificate(name) + " " + how + " 2>/dev/null";
        if (std::system(command.c_str()) != 0) throw std::runtime_error("openssl failed: " + command);
    }

    std::filesystem::path folder_;
};

}  // namespace tributary
