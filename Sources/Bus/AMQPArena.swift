import CRabbitMQ
import Core

/// Memory of strings and tables that are lent to librabbitmq for a few calls: one piece that is used again after
/// each ``reset()``, and more only for what does not fit into it.
///
/// Not Sendable: it is used on one thread.
final class AMQPArena {
    private static let pieceSize = 16_384
    private let piece = UnsafeMutableRawPointer.allocate(byteCount: pieceSize, alignment: alignment)
    private var used = 0
    /// What did not fit.
    private var others: [UnsafeMutableRawPointer] = []
    private static let alignment = 16

    deinit {
        reset()
        piece.deallocate()
    }

    /// Takes back everything that was lent.
    func reset() {
        used = 0
        for memory in others { memory.deallocate() }
        others.removeAll()
    }

    private func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        let size = (count + Self.alignment - 1) & ~(Self.alignment - 1)
        guard used + size <= Self.pieceSize else {
            let memory = UnsafeMutableRawPointer.allocate(byteCount: max(size, 1), alignment: Self.alignment)
            others.append(memory)
            return memory
        }
        defer { used += size }
        return piece + used
    }

    /// The text's UTF-8 bytes.
    func bytes(_ text: String) -> amqp_bytes_t {
        var text = text
        return text.withUTF8 { utf8 in
            let memory = allocate(utf8.count)
            if let start = utf8.baseAddress { memory.copyMemory(from: start, byteCount: utf8.count) }
            return amqp_bytes_t(len: utf8.count, bytes: memory)
        }
    }

    /// A header table of strings, booleans and integers; other values are left out.
    func table(_ values: [String: JSONValue]) -> amqp_table_t {
        let memory = allocate(values.count * MemoryLayout<amqp_table_entry_t>.stride)
            .bindMemory(to: amqp_table_entry_t.self, capacity: values.count)
        var count = 0
        for (key, value) in values {
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
