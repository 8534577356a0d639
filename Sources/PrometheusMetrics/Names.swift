/// How labels of swift-metrics are spelled for Prometheus.
enum Names {
    /// The family's name: `[a-zA-Z_:][a-zA-Z0-9_:]*` with the suffix of its kind.
    static func metric(_ kind: MetricKind, _ label: String) -> String {
        let name = spelled(label, alsoAllowed: ":")
        switch kind {
        case .counter: return suffixed(name, "_total")
        case .timer: return suffixed(name, "_seconds")
        case .gauge, .histogram: return name
        }
    }

    /// Prometheus' type.
    static func type(_ kind: MetricKind) -> String {
        switch kind {
        case .counter: "counter"
        case .gauge: "gauge"
        case .histogram, .timer: "histogram"
        }
    }

    /// Labels as they are written between braces, sorted by name; the last of equal names wins.
    static func labels(_ dimensions: [(String, String)]) -> String {
        if dimensions.isEmpty { return "" }
        let values = Dictionary(dimensions.map { (label($0.0), $0.1) }) { $1 }
        return values.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escaped($0.value, quotes: true))\"" }
            .joined(separator: ",")
    }

    /// Backslash and line feed, in labels also quotes, are escaped. Text of broken UTF-8 cannot occur in a String.
    static func escaped(_ text: String, quotes: Bool) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\"" where quotes: out += "\\\""
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    private static func label(_ name: String) -> String {
        let name = spelled(name, alsoAllowed: "_")
        // `le` is the histograms' own, two underscores are Prometheus' own.
        if name == "le" || name.utf8.starts(with: "__".utf8) {
            return "exported_" + String(Substring(name.utf8.drop { $0 == UInt8(ascii: "_") }))
        }
        return name
    }

    private static func spelled(_ text: String, alsoAllowed: Unicode.Scalar) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "_", alsoAllowed: out.unicodeScalars.append(scalar)
            case "0"..."9":
                if out.isEmpty { out = "_" }
                out.unicodeScalars.append(scalar)
            default: out += "_"
            }
        }
        return out.isEmpty ? "_" : out
    }

    private static func suffixed(_ name: String, _ suffix: String) -> String {
        name.utf8.reversed().starts(with: suffix.utf8.reversed()) ? name : name + suffix
    }
}
