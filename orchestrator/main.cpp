#include <exception>
#include <iostream>

#include <CLI/CLI.hpp>

#include "orchestrator/app/version.hpp"
#include "orchestrator/cli/check_command.hpp"
#include "orchestrator/cli/serve.hpp"
#include "orchestrator/cli/watch.hpp"

namespace {

using namespace tributary;

std::map<std::string, LogFormat> const kLogFormats{{"text", LogFormat::text}, {"json", LogFormat::json}};
std::map<std::string, LogLevel> const kLogLevels{
    {"debug", LogLevel::debug},
    {"info", LogLevel::info},
    {"warning", LogLevel::warning},
    {"error", LogLevel::error}
};

/// One of these words, in any case; else the message is `words`.
template <class Names>
CLI::Validator one_of(Names const& names, std::string const& words) {
    auto const check = [&names, words](std::string& written) {
        auto const found = names.find(CLI::detail::to_lower(written));
        if (found == names.end()) return "there is no " + written + "; use " + words;
        written = std::to_string(static_cast<int>(found->second));
        return std::string();
    };
    return {check, ""};
}

void add_serve(CLI::App& app, cli::ServeOptions& options) {
    auto* serve = app.add_subcommand("serve", "Run the server until SIGTERM or SIGINT");
    serve->add_option("--config", options.config, "Configuration, TOML")->required()->type_name("FILE");
    serve->add_option("--log-format", options.log_format, "How log lines look on stderr: text or json")
        ->transform(one_of(kLogFormats, "text or json"))
        ->type_name("FORMAT")
        ->default_str("text");
    serve
        ->add_option(
            "--log-level", options.log_level, "The least that is logged: debug, info, warning or error"
        )
        ->transform(one_of(kLogLevels, "debug, info, warning or error"))
        ->type_name("LEVEL")
        ->default_str("info");
    serve->footer(
        "Prints one line once it accepts connections: tributary ready fhir=URL operations=URL\n"
        "SIGTERM or SIGINT: what is under way is finished, exit code 0. Exit code 2: the configuration is "
        "wrong.\n"
        "Every key of the configuration: docs/configuration.md"
    );
}

void add_check(CLI::App& app, std::string& config) {
    auto* check = app.add_subcommand(
        "check", "Say what is wrong with a configuration, and whether each partner in it answers"
    );
    check->add_option("--config", config, "Configuration, TOML")->required()->type_name("FILE");
    check->footer("Exit code: 0 all partners answer, 1 at least one does not, 2 the configuration is wrong.");
}

void add_watch(CLI::App& app, cli::WatchOptions& options) {
    auto* watch =
        app.add_subcommand("watch", "Subscribe to a patient's documents and show them as they arrive");
    watch
        ->add_option(
            "criteria", options.criteria, "Whose documents: a search on DocumentReference, in quotes"
        )
        ->required()
        ->type_name("");
    watch->add_option("--server", options.server, "FHIR base of the server")
        ->type_name("URL")
        ->capture_default_str();
    watch->add_option("--summary", options.summary, "Also write the last line to this file")
        ->type_name("FILE");
    watch->footer(
        "Ends when every partner has answered or failed, or with Ctrl-C; its Subscription ends with it.\n"
        "  tributary watch "
        "'DocumentReference?patient.given=bob&patient.family=smith&patient.birthdate=1970-01-02'"
    );
}

/// A word that is not known is the trouble, whatever is missing then. Answers the exit code.
int tell(CLI::App const& app, CLI::ParseError const& error) {
    auto const unknown = app.remaining(true);
    if (error.get_exit_code() == 0 || unknown.empty()) return app.exit(error) == 0 ? 0 : 2;
    auto const& word = unknown.front();
    bool const command = app.get_subcommands().empty() && !word.starts_with('-');
    std::cerr << "tributary: there is no " << (command ? "command " : "such option or argument: ") << word
              << "\nRun with --help for more information.\n";
    return 2;
}

int run(int argc, char** argv) {
    CLI::App app(
        "Tributary: asynchronous FHIR Subscription middleware. Subscribe once to a patient's documents; be "
        "told of each the moment any partner has it.",
        "tributary"
    );
    app.set_version_flag("--version", std::string("tributary ") + app::kVersion);
    app.require_subcommand(1);
    app.get_formatter()->label("SUBCOMMAND", "COMMAND");
    app.footer(
        "`tributary COMMAND --help` tells more. A first run: ./examples/demo.sh. How to use it: docs/guide.md"
    );
    cli::ServeOptions serve;
    std::string check;
    cli::WatchOptions watch;
    add_serve(app, serve);
    add_check(app, check);
    add_watch(app, watch);
    try {
        app.parse(argc, argv);
    } catch (CLI::ParseError const& error) {
        return tell(app, error);
    }
    if (app.got_subcommand("serve")) return cli::run_serve(serve);
    if (app.got_subcommand("check")) return cli::run_check(check);
    return cli::run_watch(watch);
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return run(argc, argv);
    } catch (std::exception const& error) {
        std::cerr << "tributary: " << error.what() << '\n';
        return 1;
    }
}
