import Core

/// Phones and lines (contract 38 §2.5, §2.15): what confd has the provisioning service do.
extension FakeConfd {
    /// `nil` when the request is none of these. Not tenant-scoped: the provisioning service has its own scope.
    func provision(_ request: FakeService.Request, _ path: [String]) -> FakeService.Answer? {
        switch (request.method, path.count, path.first) {
        case ("GET", 3, "devices") where ["autoprov", "synchronize"].contains(path[2]):
            return act(path[2], on: path[1])
        case ("PUT", 4, "lines") where path[2] == "devices":
            return give(line: path[1], to: path[3])
        default:
            return nil
        }
    }

    private func act(_ action: String, on device: String) -> FakeService.Answer {
        var isKnown = false
        change { world in
            isKnown = world.update("devices", device) {
                if action == "autoprov" { $0["status"] = "autoprov" }
            }
        }
        return isKnown ? .init(204) : .init(404, [.string("Resource Not Found - Device was not found")])
    }

    private func give(line: String, to device: String) -> FakeService.Answer {
        var answer = FakeService.Answer(404, ["Resource Not Found - Line was not found"])
        change { world in
            guard let found = world["lines"]?.first(where: { $0.isNamed(line) }),
                world["devices"]?.contains(where: { $0.isNamed(device) }) ?? false
            else { return }
            let present = found["device_id"]?.string
            if let present, present != device {
                answer = .init(400, ["Resource Error - Line is associated with a Device"])
                return
            }
            _ = world.update("lines", line) { $0["device_id"] = .string(device) }
            _ = world.update("devices", device) { $0["status"] = "configured" }
            answer = .init(204)
        }
        return answer
    }
}

extension FakeConfd.World {
    /// Changes the members of one object.
    /// - Returns: Whether there is such an object.
    fileprivate mutating func update(
        _ resource: String,
        _ id: String,
        _ body: (inout [String: JSONValue]) -> Void
    ) -> Bool {
        guard let index = self[resource]?.firstIndex(where: { $0.isNamed(id) }),
            var members = self[resource]?[index].object
        else { return false }
        body(&members)
        self[resource]?[index] = .object(members)
        return true
    }
}
