export { GrpcRpc } from './grpc-rpc.ts';
