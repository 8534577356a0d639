import Testing

@testable import SiblingServices

@Suite("The address that others are told")
struct AdvertisedAddressTests {
    private typealias Interface = AdvertisedAddress.Interface
    private static let all = [
        Interface(name: "lo", address: "127.0.0.1"), Interface(name: "docker0", address: "172.17.0.1"),
        Interface(name: "enp3s0", address: "10.0.0.2"), Interface(name: "eth1", address: "10.0.1.2"),
        Interface(name: "eth0", address: "10.0.2.2"), Interface(name: "eth0", address: "10.0.2.3"),
    ]

    @Test(
        "configured, then the named interface, then eth* and en*, then lo",
        arguments: [
            ("192.0.2.7", "eth0", 6, "192.0.2.7"),
            ("gateway.example", "eth0", 0, "gateway.example"),
            ("auto", "eth0", 6, "10.0.2.2"),
            ("auto", "docker0", 6, "172.17.0.1"),
            ("auto", "eth9", 6, "10.0.0.2"),
            ("auto", "eth0", 2, "127.0.0.1"),
            ("auto", "eth0", 0, "127.0.0.1"),
            ("", "eth0", 6, "10.0.2.2"),
        ]
    )
    func choice(configured: String, interface: String, count: Int, address: String) {
        let interfaces = Array(Self.all.prefix(count))
        #expect(AdvertisedAddress.choose(configured: configured, interface: interface, of: interfaces) == address)
    }

    @Test("this machine has its loopback address, and no IPv6 one is taken")
    func ours() {
        let found = AdvertisedAddress.interfaces()
        #expect(found.contains(Interface(name: "lo", address: "127.0.0.1")))
        #expect(found.allSatisfy { $0.address.split(separator: ".").count == 4 && !$0.address.contains(":") })
    }
}
