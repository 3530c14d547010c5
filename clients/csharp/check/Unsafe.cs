// The part of System.Runtime.CompilerServices.Unsafe that Google.Protobuf uses. Mono keeps that class to itself, so the
// compile check adds this one to the sources of Google.Protobuf. It is part of the check only, never of a client.
using System;
using System.Runtime.InteropServices;

namespace Google.Protobuf
{
    internal static unsafe class Unsafe
    {
        public static void WriteUnaligned(ref byte destination, float value)
        {
            fixed (byte* place = &destination) { *(float*)place = value; }
        }

        public static T ReadUnaligned<T>(ref byte source) where T : struct
        {
            fixed (byte* place = &source) { return MemoryMarshal.Read<T>(new ReadOnlySpan<byte>(place, 8)); }
        }

        public static ref byte As<TFrom, TTo>(ref char source)
        {
            fixed (char* place = &source) { return ref *(byte*)place; }
        }

        public static ref byte Add(ref byte source, int count)
        {
            fixed (byte* place = &source) { return ref *(place + count); }
        }

        public static ref byte AddByteOffset(ref byte source, IntPtr offset)
        {
            fixed (byte* place = &source) { return ref *(place + (long)offset); }
        }

        public static ref char AddByteOffset(ref char source, IntPtr offset)
        {
            fixed (char* place = &source) { return ref *(char*)((byte*)place + (long)offset); }
        }
    }
}
