import API
import Core
import Telephony

/// Routes of nodes (contract 11 §3.4, §3.5).
extension Applications {
    private static let nodes = "\(path)/nodes"
    private static let node = "\(path)/nodes/{node_uuid:uuid}"
    private static let nodeAccess = "\(access).nodes.{node_uuid}"

    @RouteBuilder var nodeRoutes: [Route] {
        Route(
            .get,
            Self.nodes,
            access: "\(Self.access).nodes.read",
            "The nodes of an application",
            answers: .ok(.items(of: Schemas.node))
        ) { request in
            .items(try await self.application(request).live.openNodes.map(\.json))
        }
        Route(
            .post,
            Self.nodes,
            access: "\(Self.access).nodes.create",
            "Make a node of calls",
            takes: .json(NodeOrder.self),
            answers: .created(Schemas.node).orRefused(409)
        ) { request in
            let loop = try await self.application(request)
            let order: NodeOrder = try await request.body()
            return .created(try await self.makeNode(of: order.calls, in: loop).json)
        }
        Route(
            .get,
            Self.node,
            access: "\(Self.nodeAccess).read",
            "A node",
            answers: .ok(Schemas.node)
        ) { request in
            let loop = try await self.application(request)
            return .ok(try self.node(request, of: loop).json)
        }
        Route(
            .delete,
            Self.node,
            access: "\(Self.nodeAccess).delete",
            "Hang up the calls of a node, and take it away",
            answers: .noContent
        ) { request in
            let loop = try await self.application(request)
            try await self.delete(try self.node(request, of: loop), of: loop)
            return .noContent
        }
    }

    @RouteBuilder var nodeCallRoutes: [Route] {
        Route(
            .post,
            "\(Self.node)/calls",
            access: "\(Self.nodeAccess).calls.create",
            "Dial an extension; who answers comes into the node",
            takes: .json(CallOrder.self),
            answers: .created(Schemas.call).orRefused(409)
        ) { request in
            let loop = try await self.application(request)
            let node = try self.node(request, of: loop)
            let placed = try await self.place(try await request.body(CallOrder.self), into: node.id, of: loop)
            return .created(placed.call.json(showsVariables: true, node: placed.node))
        }
        Route(
            .post,
            "\(Self.node)/calls/user",
            access: "\(Self.nodeAccess).calls.user.create",
            "Ring all phones of a user; the one that answers comes into the node",
            takes: .json(UserCallOrder.self),
            answers: .created(Schemas.call).orRefused(409)
        ) { request in
            let loop = try await self.application(request)
            let node = try self.node(request, of: loop)
            let placed = try await self.place(try await request.body(UserCallOrder.self), into: node.id, of: loop)
            return .created(placed.call.json(showsVariables: true, node: placed.node))
        }
        Route(
            .put,
            "\(Self.node)/calls/{call_id}",
            access: "\(Self.nodeAccess).calls.{call_id}.update",
            "Put a call into a node",
            answers: .noContent
        ) { request in
            let loop = try await self.application(request)
            let node = try self.node(request, of: loop)
            try await self.add(ChannelID(request.path("call_id")), to: node.id, of: loop)
            return .noContent
        }
        Route(
            .delete,
            "\(Self.node)/calls/{call_id}",
            access: "\(Self.nodeAccess).calls.{call_id}.delete",
            "Take a call out of a node; it stays in the application",
            answers: .noContent
        ) { request in
            let loop = try await self.application(request)
            let node = try self.node(request, of: loop)
            try await self.remove(ChannelID(request.path("call_id")), from: node.id, of: loop)
            return .noContent
        }
    }
}
