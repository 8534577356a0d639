/// One line of the table.
struct Figure: Sendable {
    enum Unit: String {
        case perSecond = "/s"
        case milliseconds = "ms"
        case microseconds = "µs"
        case kibibytes = "KiB"
        case mebibytes = "MiB"
        case count = ""
    }
    /// What we want to reach.
    enum Goal {
        case atLeast(Double)
        case atMost(Double)
        /// At least this part of the bare program's.
        case shareOfBare(Double)
    }

    var name: String
    var ours: Double
    var unit: Unit
    var bare: Double?
    var goal: Goal?
    var note: String

    init(_ name: String, _ ours: Double, _ unit: Unit, bare: Double? = nil, goal: Goal? = nil, note: String = "") {
        self.name = name
        self.ours = ours
        self.unit = unit
        self.bare = bare
        self.goal = goal
        self.note = note
    }

    /// Ours as a part of the bare program's, more is better.
    var share: Double? {
        guard let bare, bare > 0, ours > 0 else { return nil }
        return unit == .perSecond ? ours / bare : bare / ours
    }

    var isReached: Bool? {
        switch goal {
        case nil: nil
        case .atLeast(let limit): ours >= limit
        case .atMost(let limit): ours <= limit
        case .shareOfBare(let part): share.map { $0 >= part }
        }
    }
}

/// The figures as text in columns.
struct Table {
    private var rows: [[String]] = [["", "Tandem", "", "bare", "of bare", "goal", "", ""]]

    mutating func add(_ section: String, _ figures: [Figure]) {
        rows.append([section])
        for figure in figures {
            rows.append([
                "  " + figure.name,
                Self.number(figure.ours),
                figure.unit.rawValue,
                figure.bare.map(Self.number) ?? "",
                figure.share.map { "\(Int(($0 * 100).rounded())) %" } ?? "",
                Self.goal(figure.goal),
                figure.isReached.map { $0 ? "reached" : "MISSED" } ?? "",
                figure.note,
            ])
        }
    }

    /// The first column is left, numbers are right.
    var text: String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { index, cell in
                let blanks = String(repeating: " ", count: widths[index] - cell.count)
                return [1, 3, 4, 5].contains(index) ? blanks + cell : cell + blanks
            }
            return cells.joined(separator: "  ").replacing(#/ +$/#, with: "")
        }.joined(separator: "\n")
    }

    private static func number(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        if value < 100 { return "\((value * 10).rounded() / 10)" }
        var digits = Array(String(Int(value.rounded())))
        for position in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: position) }
        return String(digits)
    }

    private static func goal(_ goal: Figure.Goal?) -> String {
        switch goal {
        case nil: ""
        case .atLeast(let limit): "≥ \(number(limit))"
        case .atMost(let limit): "≤ \(number(limit))"
        case .shareOfBare(let part): "≥ \(Int(part * 100)) %"
        }
    }
}
