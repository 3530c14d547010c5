// Declarations of what the generated stubs and Example.cs use of Grpc.Core.Api and Grpc.Net.Client, written by hand for
// the compile check, where those packages cannot be had. They hold no code: nothing that is compiled against them runs.
using System;
using System.Buffers;
using System.Collections;
using System.Collections.Generic;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;

namespace Grpc.Core
{
    public enum MethodType { Unary, ClientStreaming, ServerStreaming, DuplexStreaming }

    public enum StatusCode
    {
        OK, Cancelled, Unknown, InvalidArgument, DeadlineExceeded, NotFound, AlreadyExists, PermissionDenied,
        ResourceExhausted, FailedPrecondition, Aborted, OutOfRange, Unimplemented, Internal, Unavailable, DataLoss,
        Unauthenticated
    }

    public struct Status
    {
        public StatusCode StatusCode => throw null;
        public string Detail => throw null;
    }

    public sealed class Metadata : IEnumerable<Metadata.Entry>
    {
        public void Add(string key, string value) => throw null;
        public byte[] GetValueBytes(string key) => throw null;
        public IEnumerator<Entry> GetEnumerator() => throw null;
        IEnumerator IEnumerable.GetEnumerator() => throw null;
        public class Entry { }
    }

    public class RpcException : Exception
    {
        public Status Status => throw null;
        public StatusCode StatusCode => throw null;
        public Metadata Trailers => throw null;
    }

    public struct CallOptions
    {
        public CallOptions(
            Metadata headers = null, DateTime? deadline = null,
            CancellationToken cancellationToken = default(CancellationToken))
        {
            throw null;
        }
    }

    public abstract class SerializationContext
    {
        public virtual void Complete(byte[] payload) => throw null;
        public virtual IBufferWriter<byte> GetBufferWriter() => throw null;
        public virtual void SetPayloadLength(int payloadLength) => throw null;
        public virtual void Complete() => throw null;
    }

    public abstract class DeserializationContext
    {
        public abstract int PayloadLength { get; }
        public virtual byte[] PayloadAsNewBuffer() => throw null;
        public virtual ReadOnlySequence<byte> PayloadAsReadOnlySequence() => throw null;
    }

    public class Marshaller<T> { }

    public static class Marshallers
    {
        public static Marshaller<T> Create<T>(Func<T, byte[]> serializer, Func<byte[], T> deserializer) => throw null;

        public static Marshaller<T> Create<T>(
            Action<T, SerializationContext> serializer, Func<DeserializationContext, T> deserializer) => throw null;
    }

    public class Method<TRequest, TResponse>
    {
        public Method(
            MethodType type, string serviceName, string name, Marshaller<TRequest> requestMarshaller,
            Marshaller<TResponse> responseMarshaller) => throw null;
    }

    public interface IAsyncStreamReader<out T>
    {
        T Current { get; }
        Task<bool> MoveNext(CancellationToken cancellationToken);
    }

    public interface IClientStreamWriter<in T>
    {
        Task WriteAsync(T message);
        Task CompleteAsync();
    }

    public sealed class AsyncUnaryCall<TResponse> : IDisposable
    {
        public Task<TResponse> ResponseAsync => throw null;
        public void Dispose() => throw null;
    }

    public sealed class AsyncServerStreamingCall<TResponse> : IDisposable
    {
        public IAsyncStreamReader<TResponse> ResponseStream => throw null;
        public void Dispose() => throw null;
    }

    public sealed class AsyncDuplexStreamingCall<TRequest, TResponse> : IDisposable
    {
        public IClientStreamWriter<TRequest> RequestStream => throw null;
        public IAsyncStreamReader<TResponse> ResponseStream => throw null;
        public void Dispose() => throw null;
    }

    public abstract class CallInvoker
    {
        public abstract TResponse BlockingUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string host, CallOptions options, TRequest request)
            where TRequest : class where TResponse : class;

        public abstract AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string host, CallOptions options, TRequest request)
            where TRequest : class where TResponse : class;

        public abstract AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string host, CallOptions options, TRequest request)
            where TRequest : class where TResponse : class;

        public abstract AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
            Method<TRequest, TResponse> method, string host, CallOptions options)
            where TRequest : class where TResponse : class;
    }

    public abstract class ChannelBase { }

    public abstract class ClientBase<T> where T : ClientBase<T>
    {
        protected ClientBase() => throw null;
        protected ClientBase(ClientBaseConfiguration configuration) => throw null;
        public ClientBase(ChannelBase channel) => throw null;
        public ClientBase(CallInvoker callInvoker) => throw null;
        protected CallInvoker CallInvoker => throw null;
        protected abstract T NewInstance(ClientBaseConfiguration configuration);
        protected internal class ClientBaseConfiguration { }
    }
}

namespace Grpc.Net.Client
{
    using Grpc.Core;

    public sealed class GrpcChannelOptions
    {
        public int? MaxSendMessageSize { get; set; }
        public int? MaxReceiveMessageSize { get; set; }
        public HttpMessageHandler HttpHandler { get; set; }
    }

    public sealed class GrpcChannel : ChannelBase, IDisposable
    {
        public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) => throw null;
        public void Dispose() => throw null;
    }
}
