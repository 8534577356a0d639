import Core

/// Finds what the loaded dialplan needs and does not have: entry points of ours, places that steps go to, scripts
/// that nobody serves, sounds and applications that Asterisk does not have.
public struct DialplanCheck: Sendable {
    /// What Asterisk and the server have.
    public struct Surroundings: Sendable {
        /// Names of our scripts; empty: not checked.
        public var handlers: Set<String>
        /// Names of sounds, without language and format; empty: not checked.
        public var sounds: Set<String>
        /// Names of applications; empty: not checked.
        public var applications: Set<String>
        /// Globals of ours, which no step may read as a channel variable.
        public var globals: Set<String>

        /// What is known; everything empty is not checked.
        public init(
            handlers: Set<String> = [],
            sounds: Set<String> = [],
            applications: Set<String> = [],
            globals: Set<String> = []
        ) {
            self.handlers = handlers
            self.sounds = sounds
            self.applications = Set(applications.map { $0.lowercased() })
            self.globals = globals
        }
    }

    /// Where Tandem, its REST side and the generated files send calls, with the extension that must be there
    /// (contract 42 §2, §9, §10).
    public static let entryPoints: [(context: String, exten: String)] = [
        ("contextlib", "internal"), ("contextlib", "incall"), ("contextlib", "outcall"), ("contextlib", "features"),
        ("did", "s"), ("forward", "s"), ("user", "s"), ("group", "s"), ("queue", "s"), ("outcall", "s"),
        ("conference", "s"), ("voicemail", "s"), ("switchboard", "s"), ("switchboard", "noanswer"), ("agi_fail", "s"),
        ("agi_fail", "announce"), ("xivo-pickup", "s"), ("convert_to_stasis", "transfer"),
        ("convert_to_stasis", "relocate"), ("convert_to_stasis", "adhoc_conference"), ("tandem-stasis", "s"),
        ("usersharedlines", "00000000-0000-4000-8000-000000000000"), ("wazo_wait_for_registration", "any"),
        ("txfax", "s"), ("wazo-originate-mobile-leg1", "s"), ("wazo-originate-mobile-leg2", "s"),
        ("wazo-record-listening-channel", "s"), ("wazo-record-beep", "s"), ("wazo-play-beep", "s"),
        ("agentcallback", "id-1"), ("wazo-meeting-guest", "meeting-guest"), ("wazo-application", "s"),
    ]

    /// The context of star codes, which the generated `extensions.conf` alone has.
    static let generatedContext = "xivo-features"

    private let dialplan: LoadedDialplan
    private let surroundings: Surroundings

    /// - Parameter listing: Everything that Asterisk has loaded.
    public init(_ listing: [LoadedStep], _ surroundings: Surroundings) {
        dialplan = LoadedDialplan(listing)
        self.surroundings = surroundings
    }

    /// One line for each thing that is missing, in byte order.
    public func problems() -> [String] {
        var problems: Set<String> = []
        for (context, exten) in Self.entryPoints where !dialplan.has(context, exten, "1") {
            problems.insert("entry point \(context),\(exten) is missing")
        }
        if !dialplan.hasContext(Self.generatedContext) {
            problems.insert(
                "context \(Self.generatedContext) is missing: is the generated extensions.conf included?"
            )
        }
        for step in dialplan.steps where step.priority != "hint" {
            // A channel variable of the same name, which a client may have set, would hide it.
            for global in surroundings.globals where step.data.holds("${\(global)}") {
                let place = "\(step.context),\(step.exten),\(step.priority)"
                problems.insert("\(global) is read without GLOBAL(), in \(place)")
            }
            for reference in DialplanReference.all(application: step.application, data: step.data) {
                if let missing = missing(reference, of: step) {
                    problems.insert("\(missing), in \(step.context),\(step.exten),\(step.priority)")
                }
            }
        }
        return problems.sorted(by: \.self)
    }

    private func missing(_ reference: DialplanReference, of step: LoadedStep) -> String? {
        switch reference {
        case .place(let context, let exten, let priority):
            let context = context.isEmpty ? step.context : context
            // The step's own pattern, and not a number that another pattern may match better.
            let exten = exten.isEmpty ? step.exten : exten
            return dialplan.has(context, exten, priority) ? nil : "no place \(context),\(exten),\(priority)"
        case .context(let name): return dialplan.hasContext(name) ? nil : "no context \(name)"
        case .handler(let name):
            return isMissing(name, surroundings.handlers) ? "no script \(name) is served" : nil
        case .sound(let name):
            return isMissing(name, surroundings.sounds) && !name.begins(with: "/") ? "no sound \(name)" : nil
        case .application(let name):
            return isMissing(name.lowercased(), surroundings.applications) ? "no application \(name)" : nil
        }
    }

    private func isMissing(_ name: String, _ known: Set<String>) -> Bool { !known.isEmpty && !known.contains(name) }
}
