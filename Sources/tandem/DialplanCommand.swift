import ArgumentParser
import AsteriskConfiguration
import Core
import Telephony

/// What Asterisk has loaded.
struct DialplanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dialplan",
        abstract: "The dialplan of the running Asterisk.",
        subcommands: [Check.self]
    )

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                """
                Print what the loaded dialplan lacks (places, scripts, sounds, applications), and what of Asterisk's \
                set-up makes calls wrong or silent. Exit 1 when there is something.
                """
        )
        @OptionGroup var options: ConfigurationOptions

        func run() async throws {
            var problems: [String] = []
            var steps = 0
            let settings = try options.settings()
            try await ManagerVisit.make(settings) { manager in
                let listing = try await manager.send(ManagerAction("ShowDialPlan")).compactMap(Self.step)
                steps = listing.count
                let surroundings = DialplanCheck.Surroundings(
                    handlers: DialplanScripts.names,
                    sounds: Self.names(try await manager.command("core show sounds")),
                    applications: Self.names(try await manager.command("core show applications")),
                    globals: ReservedVariables.globals
                )
                problems = DialplanCheck(listing, surroundings).problems()
                problems += SetUpCheck(try await .asked(of: manager, settings)).problems()
            }
            for problem in problems { print(problem) }
            print("\(steps) steps and includes, \(problems.count) problems")
            if !problems.isEmpty { throw ExitCode(1) }
        }

        private static func step(_ message: ManagerMessage) -> LoadedStep? {
            guard message.event == "ListDialplan", let context = message["Context"] else { return nil }
            return LoadedStep(
                context: context,
                exten: message["Extension"] ?? "",
                priority: message["Priority"] ?? "",
                label: message["ExtensionLabel"] ?? "",
                application: message["Application"] ?? "",
                data: message["AppData"] ?? "",
                include: message["IncludeContext"] ?? ""
            )
        }

        /// What stands before the colon of each line, or all of it: `Goto: Jump to …`, `beep`.
        private static func names(_ lines: [String]) -> Set<String> {
            Set(lines.map { String(scalars: $0.unicodeScalars.drop { $0 == " " }.prefix { $0 != ":" }) })
        }
    }
}

extension SetUpCheck.Facts {
    /// Asks Asterisk. What the manager's user may not ask is not checked.
    static func asked(of manager: any ManagerControlling, _ settings: Settings) async throws -> Self {
        var facts = Self(agi: (settings.agi.listenAddress, settings.agi.listenPort))
        facts.readGlobals(try await manager.command("dialplan show globals"))
        facts.readMusic(
            classes: try await manager.command("moh show classes"),
            files: try await manager.command("moh show files")
        )
        facts.readManagerSettings(try await manager.command("manager show settings"))
        do {
            // The section alone: others hold passwords.
            let action = ManagerAction("GetConfig", ["Filename": "ari.conf", "Category": "general"])
            let answer = try await manager.send(action)
            facts.readARISection(answer.flatMap { $0.lines(named: "Line-") })
        } catch ManagerFailure.refused {
            facts.ariVariables = nil
        }
        return facts
    }
}

extension ManagerMessage {
    /// Values of all fields whose names begin so, in the order of the names.
    fileprivate func lines(named prefix: String) -> [String] {
        fields.filter { $0.key.begins(with: prefix) }.sorted { $0.key < $1.key }.map(\.value)
    }
}

/// Names of the scripts that the dialplan may ask for; a test compares them with the handlers' sources.
enum DialplanScripts {
    static let names: Set<String> = [
        "agent_get_options", "agent_get_status", "agent_login", "agent_logoff", "call_recording", "callback",
        "callerid_extend", "callerid_forphones", "callfilter", "check_diversion", "check_schedule",
        "check_vmbox_password", "format_and_set_outgoing_caller_id", "fwdundoall", "get_user_interfaces", "getring",
        "group_answered_call", "group_member_add", "group_member_present", "group_member_remove", "handle_fax",
        "holdtime_announce",
        "ignore_b_option", "in_callerid", "incoming_agent_set_features", "incoming_conference_set_features",
        "incoming_did_set_features", "incoming_group_set_features", "incoming_queue_set_features",
        "incoming_user_set_features", "linear_group_check_timeout", "linear_group_get_interfaces", "meeting_user",
        "outgoing_user_set_features", "paging", "phone_get_features", "phone_progfunckey",
        "phone_progfunckey_devstate", "phone_set_feature", "post_subroutine_compat", "pre_subroutine_compat",
        "provision", "queue_answered_call", "queue_skill_rule_set", "record_answered", "record_caller",
        "screen_blocklist", "start_mix_monitor", "switchboard_set_features", "user_get_vmbox", "user_set_call_rights",
        "vmbox_get_info", "wake_mobile",
    ]
}
