import Core

extension Field {
    /// A list; what is wrong with an element is told under its index: `{"completions": {"0": […]}}`.
    public static func list<Element>(of element: Field<Element>, _ length: ListLength = .any) -> Field
    where Value == [Element] {
        listField(
            of: element,
            length,
            wrongType: { Fault.rendered([.type("list", "Not a valid list.")], in: $0) },
            null: { Fault.rendered([.null], in: $0) }
        )
    }

    /// A list of objects; the fault of another type is `["Invalid type."]`, and of an element that is no object
    /// `{"_schema": ["Invalid input type."]}`.
    public static func objects<Element: RequestFields>(_ type: Element.Type, _ length: ListLength = .any) -> Field
    where Value == [Element] {
        listField(
            of: .object(type),
            length,
            wrongType: { _ in SchemaFault.wrongList },
            null: { _ in SchemaFault.wrongObject }
        )
    }

    private static func listField<Element>(
        of element: Field<Element>,
        _ length: ListLength,
        wrongType: @escaping @Sendable (Dialect) -> JSONValue,
        null: @escaping @Sendable (Dialect) -> JSONValue
    ) -> Field where Value == [Element] {
        Field(
            schema: Schema.list(of: element.schema()).constrained(by: [length.keywords]),
            placeholder: []
        ) { value, dialect in
            guard let elements = value.array else { return .invalid(wrongType(dialect)) }
            var values: [Element] = []
            var faults: [String: JSONValue] = [:]
            for (index, item) in elements.enumerated() where faults.count < Fault.maximumTold {
                switch item == .null ? .invalid(null(dialect)) : element.read(item, dialect) {
                case .value(let value): values.append(value)
                case .invalid(let details): faults[String(index)] = details
                }
            }
            if !faults.isEmpty { return .invalid(.object(faults)) }
            if let fault = Fault.length(values.count, length.min, length.max) {
                return .invalid(Fault.rendered([fault], in: dialect))
            }
            return .value(values)
        }
    }

    /// An object with fields of its own, in the dialect of the object around it.
    public static func object(_ type: Value.Type) -> Field where Value: RequestFields {
        Field(schema: Value.schema, placeholder: Value.placeholder) { value, dialect in
            guard let members = value.object else { return .invalid(SchemaFault.wrongObject) }
            var reader = FieldReader(members, dialect: dialect, unknownFields: Value.unknownFields)
            let object = Value(reading: &reader)
            let faults = reader.allFaults
            return faults.isEmpty ? .value(object) : .invalid(.object(faults))
        }
    }

    /// A map whose keys and values are read each on its own; only the failing parts are told:
    /// `{"variables": {"<key>": {"key": […], "value": […]}}}`.
    public static func map<Element>(keys: Field<String>, values: Field<Element>) -> Field
    where Value == [String: Element] {
        Field(schema: .map(of: values.schema()), placeholder: [:]) { value, dialect in
            guard let members = value.object else {
                return .invalid(Fault.rendered([.type("dict", "Not a valid mapping type.")], in: dialect))
            }
            var result: [String: Element] = [:]
            var faults: [String: JSONValue] = [:]
            for (name, member) in members where faults.count < Fault.maximumTold {
                var parts: [String: JSONValue] = [:]
                if case .invalid(let details) = keys.read(.string(name), dialect) { parts["key"] = details }
                switch member == .null
                    ? .invalid(Fault.rendered([.null], in: dialect)) : values.read(member, dialect)
                {
                case .value(let element): result[name] = element
                case .invalid(let details): parts["value"] = details
                }
                if !parts.isEmpty { faults[name] = .object(parts) }
            }
            return faults.isEmpty ? .value(result) : .invalid(.object(faults))
        }
    }
}

extension Field where Value == [String: String] {
    /// A map of texts whose faults are told of the whole map, as applications do (contract 11 §3.2).
    /// - Parameters:
    ///   - keyLength: Characters of a key at most.
    ///   - valueLength: Characters of a value at most.
    public static func boundedTexts(keyLength: Int, valueLength: Int) -> Field {
        Field(schema: .map(of: .string), placeholder: [:]) { value, dialect in
            guard let members = value.object else {
                return .invalid(Fault.rendered([.type("dict", "Not a valid mapping type.")], in: dialect))
            }
            let texts = members.compactMapValues(\.string).filter { !$0.value.utf8.contains(0) }
            var fault: Fault?
            if texts.count < members.count {
                fault = Fault(
                    "All keys and values must be strings.",
                    constraintID: "key-value-type",
                    constraint: "string"
                )
            } else if texts.contains(where: {
                $0.unicodeScalars.count > keyLength || $1.unicodeScalars.count > valueLength
            }) {
                fault = Fault(
                    "Key longer than \(keyLength) or value longer than \(valueLength).",
                    constraintID: "key-value-length",
                    constraint: ["key-max": .integer(Int64(keyLength)), "value-max": .integer(Int64(valueLength))]
                )
            }
            return fault.map { .invalid(Fault.rendered([$0], in: dialect)) } ?? .value(texts)
        }
    }
}
