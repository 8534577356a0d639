public import Core

/// A type that is read from a JSON object or from a query.
///
///     struct ConnectRequest: RequestFields {
///         var timeout: Int?
///         init(reading reader: inout FieldReader) {
///             timeout = reader.nullable("timeout", .integer(.range(min: 0)), default: 30)
///         }
///     }
///
/// The same code describes the fields in the API's documents: it is run once on an empty object, so it must work
/// with every field absent.
public protocol RequestFields: Sendable {
    /// How faults are worded; plain texts unless said otherwise. Counts for the outermost object.
    static var dialect: Dialect { get }
    /// What happens to fields that are not read; ignored unless said otherwise.
    static var unknownFields: UnknownFields { get }
    /// Reads the fields.
    init(reading reader: inout FieldReader)
}

extension RequestFields {
    /// Plain texts.
    public static var dialect: Dialect { .plain }
    /// Ignored.
    public static var unknownFields: UnknownFields { .ignored }

    /// Reads an object.
    /// - Throws: `Failure` 400 `invalid-data` with every fault.
    public static func read(_ value: JSONValue) throws -> Self {
        switch Field<Self>.object(Self.self).read(value, dialect) {
        case .value(let object): return object
        case .invalid(let details): throw Failure.invalidData(details.object ?? [:])
        }
    }

    /// Reads an array of objects.
    /// - Throws: `Failure` 400 `invalid-data` with every fault, by the element's index.
    public static func readList(_ value: JSONValue) throws -> [Self] {
        guard case .array = value else { throw Failure.invalidData(SchemaFault.wrongObject.object ?? [:]) }
        switch Field<[Self]>.objects(Self.self).read(value, dialect) {
        case .value(let objects): return objects
        case .invalid(let details): throw Failure.invalidData(details.object ?? [:])
        }
    }

    static var placeholder: Self {
        var reader = FieldReader([:], dialect: .plain, unknownFields: .ignored)
        return Self(reading: &reader)
    }

    /// What is read, for the API's descriptions.
    static var fields: [FieldReader.Description] {
        var reader = FieldReader([:], dialect: .plain, unknownFields: .ignored, isDescribing: true)
        _ = Self(reading: &reader)
        return reader.descriptions
    }

    static var schema: Schema {
        .object(fields: fields.map { Schema.Member(name: $0.name, schema: $0.schema, isRequired: $0.isRequired) })
    }
}
