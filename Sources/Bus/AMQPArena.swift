import CRabbitMQ
import Core

/// Memory of strings and tables that are lent to librabbitmq for one call; freed with the arena.
///
/// Not Sendable: it lives within one function, on one thread.
final class AMQPArena {
    private var strings: [UnsafeMutablePointer<UInt8>] = []
    private var tables: [UnsafeMutablePointer<amqp_table_entry_t>] = []

    deinit {
        for string in strings { string.deallocate() }
        for table in tables { table.deallocate() }
    }

    /// The text's UTF-8 bytes.
    func bytes(_ text: String) -> amqp_bytes_t {
        let utf8 = Array(text.utf8)
        let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: max(utf8.count, 1))
        memory.initialize(from: utf8, count: utf8.count)
        strings.append(memory)
        return amqp_bytes_t(len: utf8.count, bytes: memory)
    }

    /// A header table of strings, booleans and integers; other values are left out.
    func table(_ values: [String: JSONValue]) -> amqp_table_t {
        let memory = UnsafeMutablePointer<amqp_table_entry_t>.allocate(capacity: max(values.count, 1))
        tables.append(memory)
        var count = 0
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            guard let field = field(value) else { continue }
            memory.advanced(by: count).initialize(to: amqp_table_entry_t(key: bytes(key), value: field))
            count += 1
        }
        return amqp_table_t(num_entries: Int32(count), entries: memory)
    }

    private func field(_ value: JSONValue) -> amqp_field_value_t? {
        var field = amqp_field_value_t()
        switch value {
        case .string(let text):
            field.kind = UInt8(AMQP_FIELD_KIND_UTF8.rawValue)
            field.value.bytes = bytes(text)
        case .bool(let flag):
            field.kind = UInt8(AMQP_FIELD_KIND_BOOLEAN.rawValue)
            field.value.boolean = flag ? 1 : 0
        case .integer(let number):
            field.kind = UInt8(AMQP_FIELD_KIND_I64.rawValue)
            field.value.i64 = number
        default: return nil
        }
        return field
    }
}

extension amqp_bytes_t {
    /// The bytes as text, invalid UTF-8 replaced.
    var text: String {
        guard len > 0, let bytes else { return "" }
        return String(decoding: UnsafeRawBufferPointer(start: bytes, count: len), as: UTF8.self)
    }
}

extension amqp_table_t {
    /// Strings, booleans and integers of the table.
    var values: [String: JSONValue] {
        var result: [String: JSONValue] = [:]
        guard num_entries > 0, let entries else { return result }
        for entry in UnsafeBufferPointer(start: entries, count: Int(num_entries)) {
            switch amqp_field_value_kind_t(UInt32(entry.value.kind)) {
            case AMQP_FIELD_KIND_UTF8, AMQP_FIELD_KIND_BYTES:
                result[entry.key.text] = .string(entry.value.value.bytes.text)
            case AMQP_FIELD_KIND_BOOLEAN: result[entry.key.text] = .bool(entry.value.value.boolean != 0)
            case AMQP_FIELD_KIND_I64: result[entry.key.text] = .integer(entry.value.value.i64)
            case AMQP_FIELD_KIND_I32: result[entry.key.text] = .integer(Int64(entry.value.value.i32))
            default: continue
            }
        }
        return result
    }
}
