// Example of a Facewright client for .NET and Unity: fits a head to a photo. It keeps to C# 7, so that Unity takes it.
using System;
using System.Collections.Generic;
using System.IO;
using System.Net.Http;
using System.Threading;
using System.Threading.Tasks;
using Facewright.V1;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;

namespace Facewright.Example
{
    /// <summary>Fits a head to a photo; FitAsync is what a game takes over, Main is the command line.</summary>
    public static class Example
    {
        const int MessageBytes = 64 * 1024 * 1024;
        const int ExitFailed = 1;
        const int ExitUsage = 64;
        static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10); // the fit may have to wait for others
        static readonly string ClientId = Guid.NewGuid().ToString("N");

        /// <summary>Return a connection to a server.</summary>
        /// <param name="address">As in http://127.0.0.1:50550.</param>
        /// <param name="handler">Null in .NET; in Unity a handler that speaks HTTP/2.</param>
        public static GrpcChannel OpenChannel(string address, HttpMessageHandler handler = null)
        {
            return GrpcChannel.ForAddress(address, new GrpcChannelOptions
            {
                HttpHandler = handler,
                MaxReceiveMessageSize = MessageBytes,
                MaxSendMessageSize = MessageBytes,
            });
        }

        /// <summary>Fit a head to a photo.</summary>
        /// <param name="channel">Connection to the server.</param>
        /// <param name="photo">Encoded image.</param>
        /// <param name="progress">Told how far the fit is.</param>
        /// <param name="cancellation">Stops the fit within a step.</param>
        /// <exception cref="RpcException">The server refused or failed; FindErrorInfo says more.</exception>
        public static async Task<FitResult> FitAsync(
            GrpcChannel channel, byte[] photo, IProgress<FitProgress> progress, CancellationToken cancellation)
        {
            var request = new FitPhotoRequest
            {
                RequestId = Guid.NewGuid().ToString("N"),
                Fit = new FitSpecification
                {
                    Photos = { new Photo { Content = ByteString.CopyFrom(photo) } },
                    Files = { ResultFile.RigJson, ResultFile.Glb },
                },
            };
            var client = new FittingService.FittingServiceClient(channel);
            using (var call = client.FitPhoto(request, MakeMetadata(), DateTime.UtcNow + Deadline, cancellation))
            {
                while (await call.ResponseStream.MoveNext(cancellation))
                {
                    var response = call.ResponseStream.Current;
                    if (response.EventCase == FitPhotoResponse.EventOneofCase.Progress)
                    {
                        progress.Report(response.Progress);
                    }
                    else if (response.EventCase == FitPhotoResponse.EventOneofCase.Result)
                    {
                        return response.Result;
                    }
                }
            }
            throw new InvalidDataException("the server ended the call without a result");
        }

        /// <summary>Return reason and remedy of a failed call; null when it did not come from Facewright.</summary>
        public static ErrorInfo FindErrorInfo(RpcException error)
        {
            var trailer = error.Trailers.GetValueBytes("grpc-status-details-bin");
            if (trailer == null)
            {
                return null;
            }
            foreach (var detail in Google.Rpc.Status.Parser.ParseFrom(trailer).Details)
            {
                if (detail.TryUnpack(out ErrorInfo info) && info.Domain == "facewright")
                {
                    return info;
                }
            }
            return null;
        }

        /// <summary>Write a file that the server made: under a temporary name first, then under its own.</summary>
        public static string WriteResult(string folder, Facewright.V1.File file)
        {
            var name = file.Name;
            if (name.Length == 0 || name == "." || name == ".." || name.IndexOfAny(new[] { '/', '\\', ':', '\0' }) >= 0)
            {
                throw new InvalidDataException($"the server sent a file named '{name}', which is not a plain name");
            }
            var target = Path.Combine(folder, name);
            var temporary = Path.Combine(folder, "." + Guid.NewGuid().ToString("N") + ".part");
            try
            {
                System.IO.File.WriteAllBytes(temporary, file.Content.ToByteArray());
                System.IO.File.Delete(target); // Move does not replace a file
                System.IO.File.Move(temporary, target);
            }
            finally
            {
                System.IO.File.Delete(temporary);
            }
            return target;
        }

        public static int Main(string[] words)
        {
            if (words.Length != 3)
            {
                Console.Error.WriteLine("usage: Example http://HOST:PORT PHOTO OUT_DIR");
                return ExitUsage;
            }
            try
            {
                RunAsync(words[0], words[1], words[2]).GetAwaiter().GetResult();
                return 0;
            }
            catch (RpcException error)
            {
                Console.Error.WriteLine($"{error.StatusCode}: {error.Status.Detail}");
                var info = FindErrorInfo(error);
                if (info != null)
                {
                    info.Metadata.TryGetValue("remedy", out var remedy);
                    Console.Error.WriteLine($"reason: {info.Reason}\nremedy: {remedy}");
                }
            }
            catch (Exception error) when (error is IOException || error is UnauthorizedAccessException)
            {
                Console.Error.WriteLine(error.Message);
            }
            return ExitFailed;
        }

        static async Task RunAsync(string address, string photo, string folder)
        {
            using (var cancellation = new CancellationTokenSource())
            using (var channel = OpenChannel(address))
            {
                Console.CancelKeyPress += (sender, press) =>
                {
                    press.Cancel = true; // the program ends when the call has ended
                    cancellation.Cancel();
                };
                var content = System.IO.File.ReadAllBytes(photo);
                var result = await FitAsync(channel, content, new ProgressPrinter(), cancellation.Token);
                var pose = result.HeadPose;
                Console.WriteLine($"head pose: yaw {pose.YawDeg:F1}, pitch {pose.PitchDeg:F1}, roll {pose.RollDeg:F1}");
                Console.WriteLine($"bones: {result.Bones.Count}");
                Directory.CreateDirectory(folder);
                foreach (var file in result.Files)
                {
                    Console.WriteLine($"wrote {WriteResult(folder, file)}, {file.Content.Length} bytes");
                }
            }
        }

        static Metadata MakeMetadata()
        {
            var metadata = new Metadata { { "x-facewright-client", ClientId } };
            var token = Environment.GetEnvironmentVariable("FACEWRIGHT_TOKEN");
            if (!string.IsNullOrEmpty(token))
            {
                metadata.Add("authorization", "Bearer " + token);
            }
            return metadata;
        }

        // Prints at once and in order; Progress<T> of the library would do neither in a program without a message loop.
        sealed class ProgressPrinter : IProgress<FitProgress>
        {
            public void Report(FitProgress value)
            {
                var loss = value.HasLoss ? $"  loss {value.Loss:F4}" : "";
                Console.WriteLine($"{value.Stage,-12} {value.Step}/{value.Steps}{loss}  {100.0 * value.Fraction:F0} %");
            }
        }
    }
}
