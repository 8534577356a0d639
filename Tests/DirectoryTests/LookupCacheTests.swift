import Core
import Testing

@testable import Directory

@Suite("What is kept of a directory")
struct LookupCacheTests {
    private func cache(capacity: Int = 10) -> LookupCache<Int, String> {
        var cache = LookupCache<Int, String>(capacity: capacity)
        cache.setFed(true)
        return cache
    }

    private func keep(
        _ value: String?,
        of object: Int,
        in scope: TenantID? = nil,
        _ cache: inout LookupCache<Int, String>
    ) {
        let ticket = cache.begin(object)
        cache.end(ticket, value, of: object, in: scope)
    }

    @Test("what was found is kept for its scope alone, what was not found is not kept")
    func keeping() {
        var cache = cache()
        keep("one", of: 1, in: TenantID("T"), &cache)
        keep(nil, of: 2, &cache)
        #expect(cache.value(of: 1, in: TenantID("T")) == "one")
        #expect(cache.value(of: 1, in: nil) == nil)
        #expect(cache.value(of: 2, in: nil) == nil)
        #expect(cache.count == 1)
    }

    @Test("a change drops every scope of its object and no other object")
    func removal() {
        var cache = cache()
        for scope in [nil, TenantID("T"), TenantID("M")] { keep("one", of: 1, in: scope, &cache) }
        keep("two", of: 2, &cache)
        cache.remove(1)
        cache.remove(99)
        #expect(cache.count == 1)
        #expect(cache.value(of: 2, in: nil) == "two")
    }

    @Test("what was being read when its object changed is not kept")
    func changeWhileReading() {
        var cache = cache()
        let ticket = cache.begin(1)
        let other = cache.begin(2)
        cache.remove(1)
        cache.end(ticket, "old", of: 1, in: nil)
        cache.end(other, "two", of: 2, in: nil)
        #expect(cache.value(of: 1, in: nil) == nil)
        #expect(cache.value(of: 2, in: nil) == "two")
    }

    @Test("a change that other objects may hold drops those, and all that is being read")
    func changeOfAPart() {
        var cache = cache()
        keep("a,b", of: 1, &cache)
        keep("c", of: 2, &cache)
        let ticket = cache.begin(3)
        cache.removeAll { $0.contains("b") }
        cache.end(ticket, "b", of: 3, in: nil)
        #expect(cache.value(of: 1, in: nil) == nil)
        #expect(cache.value(of: 2, in: nil) == "c")
        #expect(cache.value(of: 3, in: nil) == nil)
    }

    @Test("while no changes are told nothing is kept, and nothing of before is answered")
    func feed() {
        var cache = LookupCache<Int, String>(capacity: 10)
        keep("one", of: 1, &cache)
        #expect(cache.count == 0)
        let before = cache.begin(1)
        cache.setFed(true)
        cache.end(before, "one", of: 1, in: nil)
        #expect(cache.count == 0)
        keep("one", of: 1, &cache)
        let during = cache.begin(2)
        cache.setFed(false)
        cache.end(during, "two", of: 2, in: nil)
        #expect(cache.count == 0)
        cache.setFed(true)
        #expect(cache.value(of: 1, in: nil) == nil)
    }

    @Test("it never holds more than its capacity; what was used last stays", arguments: [1, 2, 10, 100])
    func bound(capacity: Int) {
        var cache = cache(capacity: capacity)
        keep("kept", of: 0, &cache)
        for object in 1...(capacity * 5) {
            _ = cache.value(of: 0, in: nil)
            keep("x", of: object, &cache)
            #expect(cache.count <= capacity)
            #expect(cache.value(of: object, in: nil) == "x")
        }
        if capacity > 1 { #expect(cache.value(of: 0, in: nil) == "kept") }
    }
}
