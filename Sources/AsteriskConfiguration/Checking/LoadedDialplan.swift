import Core

/// One step of the dialplan that Asterisk has loaded, or a context that another includes (event `ListDialplan`).
public struct LoadedStep: Sendable, Hashable {
    /// Its context.
    public var context: String
    /// Its extension, perhaps a pattern; empty for an include.
    public var exten: String
    /// A number, or `hint`.
    public var priority: String
    /// Its label; empty when it has none.
    public var label: String
    /// The application that it runs.
    public var application: String
    /// The application's arguments, not yet evaluated.
    public var data: String
    /// The included context; empty for a step.
    public var include: String

    /// A step, or with `include` alone an included context.
    public init(
        context: String,
        exten: String = "",
        priority: String = "",
        label: String = "",
        application: String = "",
        data: String = "",
        include: String = ""
    ) {
        self.context = context
        self.exten = exten
        self.priority = priority
        self.label = label
        self.application = application
        self.data = data
        self.include = include
    }
}

/// The dialplan as Asterisk has it, to look things up in.
struct LoadedDialplan {
    private(set) var steps: [LoadedStep] = []
    /// Priorities and labels by context and extension.
    private var places: [String: [String: Set<String>]] = [:]
    private var includes: [String: [String]] = [:]

    init(_ listing: [LoadedStep]) {
        for step in listing {
            if !step.include.isEmpty {
                includes[step.context, default: []].append(step.include)
            } else if !step.exten.isEmpty {
                steps.append(step)
                places[step.context, default: [:]][step.exten, default: []].insert(step.priority)
                if !step.label.isEmpty { places[step.context]?[step.exten]?.insert(step.label) }
            }
        }
    }

    func hasContext(_ name: String) -> Bool { places[name] != nil || includes[name] != nil }

    /// Whether a place is there: the context's own, or one of a context that it includes.
    func has(_ context: String, _ exten: String, _ priority: String) -> Bool {
        var seen: Set<String> = []
        var open = [context]
        while let name = open.popLast() {
            guard seen.insert(name).inserted else { continue }
            for (pattern, priorities) in places[name, default: [:]] where priorities.contains(priority) {
                if Self.matches(pattern, exten) { return true }
            }
            open += includes[name, default: []]
        }
        return false
    }

    /// Whether a dialled number is what an extension stands for.
    static func matches(_ pattern: String, _ exten: String) -> Bool {
        guard pattern.begins(with: "_") else { return pattern == exten }
        if pattern == exten { return true }
        var rest = exten.unicodeScalars[...]
        var signs = pattern.unicodeScalars.dropFirst()
        while let sign = signs.popFirst() {
            // Asterisk reads over dashes, in a set apart, in patterns and in numbers.
            if sign == "-" { continue }
            while rest.first == "-", rest.count > 1 { rest = rest.dropFirst() }
            if sign == "." { return !rest.isEmpty }
            if sign == "!" { return true }
            guard let digit = rest.popFirst() else { return false }
            switch sign {
            case "X": if !("0"..."9").contains(digit) { return false }
            case "Z": if !("1"..."9").contains(digit) { return false }
            case "N": if !("2"..."9").contains(digit) { return false }
            case "[":
                guard let end = signs.firstIndex(where: { $0 == "]" }) else { return false }
                if !isMember(digit, of: signs[..<end]) { return false }
                signs = signs[signs.index(after: end)...]
            default: if sign != digit { return false }
            }
        }
        return rest.isEmpty
    }

    private static func isMember(_ digit: Unicode.Scalar, of set: Substring.UnicodeScalarView) -> Bool {
        var set = set
        while let first = set.popFirst() {
            if set.first == "-", let last = set.dropFirst().first {
                if first <= last, (first...last).contains(digit) { return true }
                set = set.dropFirst(2)
            } else if first == digit {
                return true
            }
        }
        return false
    }
}
