// Reads a FitPhotoResponse from a file, prints what a Python test compares, and writes the message into another file.
using System;
using System.IO;
using Facewright.V1;
using Google.Protobuf;

public static class RoundTrip
{
    public static void Main(string[] words)
    {
        var response = FitPhotoResponse.Parser.ParseFrom(System.IO.File.ReadAllBytes(words[0]));
        var result = response.Result;
        Console.WriteLine(response.EventCase);
        Console.WriteLine(result.HeadPose.YawDeg.ToString("R", System.Globalization.CultureInfo.InvariantCulture));
        Console.WriteLine(result.Files[0].Name);
        System.IO.File.WriteAllBytes(words[1], response.ToByteArray());
    }
}
