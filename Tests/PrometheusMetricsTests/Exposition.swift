/// A reader of Prometheus' text format 0.0.4, as strict as a scraper and written from the format's description.
struct Exposition {
    struct Fault: Error { var line: String }
    struct Sample: Hashable {
        var name: String
        var labels: [String: String]
        var value: Double
    }
    struct Family {
        var help: String?
        var type: String?
        var samples: [Sample] = []
    }

    /// In the order of the text.
    private(set) var names: [String] = []
    private(set) var families: [String: Family] = [:]

    init(_ text: String) throws {
        guard text.isEmpty || text.hasSuffix("\n") else { throw Fault(line: "no line feed at the end") }
        var seen: Set<String> = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: true).map(String.init) {
            if line.hasPrefix("# ") {
                try comment(line)
            } else {
                let sample = try Self.sample(line)
                let key = sample.name + sample.labels.sorted { $0.key < $1.key }.description
                guard seen.insert(key).inserted, let family = family(of: sample.name) else { throw Fault(line: line) }
                families[family]?.samples.append(sample)
            }
        }
    }

    /// The value of the sample with exactly these labels.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        family(of: name).flatMap { families[$0] }?.samples.first { $0.name == name && $0.labels == labels }?.value
    }

    /// A sample belongs to the family that was opened last.
    private func family(of sample: String) -> String? {
        names.last { name in
            let suffixes = families[name]?.type == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
            return suffixes.contains { name + $0 == sample }
        }
    }

    private mutating func comment(_ line: String) throws {
        let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard words.count == 4 else { throw Fault(line: line) }
        let name = words[2]
        if families[name] == nil { names.append(name) }
        switch words[1] {
        case "HELP":
            guard families[name] == nil else { throw Fault(line: line) }
            families[name] = Family(help: words[3])
        case "TYPE":
            guard families[name]?.type == nil, ["counter", "gauge", "histogram"].contains(words[3]) else {
                throw Fault(line: line)
            }
            families[name]?.type = words[3]
        default: throw Fault(line: line)
        }
    }

    private static func sample(_ line: String) throws -> Sample {
        var rest = Substring(line)
        let name = word(&rest, digitsFirst: false, also: "_:")
        var labels: [String: String] = [:]
        if rest.first == "{" {
            repeat {
                rest.removeFirst()
                let label = word(&rest, digitsFirst: false, also: "_")
                guard !label.isEmpty, rest.hasPrefix("=\""), labels[label] == nil else { throw Fault(line: line) }
                rest.removeFirst(2)
                labels[label] = try quoted(&rest, line)
            } while rest.first == ","
            guard rest.first == "}" else { throw Fault(line: line) }
            rest.removeFirst()
        }
        guard !name.isEmpty, rest.first == " ", let value = number(rest.dropFirst()) else { throw Fault(line: line) }
        return Sample(name: name, labels: labels, value: value)
    }

    private static func word(_ rest: inout Substring, digitsFirst: Bool, also: String) -> String {
        var word = ""
        while let next = rest.first, next.isASCII,
            next.isLetter || also.contains(next) || (next.isNumber && !word.isEmpty)
        {
            word.append(next)
            rest.removeFirst()
        }
        return word
    }

    private static func quoted(_ rest: inout Substring, _ line: String) throws -> String {
        var text = ""
        while let next = rest.popFirst() {
            switch next {
            case "\"": return text
            case "\\":
                guard let escaped = rest.popFirst(), let meant = ["\\": "\\", "\"": "\"", "n": "\n"][escaped] else {
                    throw Fault(line: line)
                }
                text += meant
            default: text.append(next)
            }
        }
        throw Fault(line: line)
    }

    private static func number(_ text: Substring) -> Double? {
        switch text {
        case "+Inf": .infinity
        case "-Inf": -.infinity
        case "NaN": .nan
        default: text.allSatisfy { "0123456789.eE+-".contains($0) } ? Double(text) : nil
        }
    }
}
