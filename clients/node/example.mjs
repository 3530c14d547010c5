// Example of a Facewright client: fits a head to a photo, or sends an image as the frames of a camera.

import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import grpc from "@grpc/grpc-js";
import protoLoader from "@grpc/proto-loader";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const PROTO_ROOT = path.join(HERE, "..", "..", "protos");
const RPC_PROTO = path.join(HERE, "..", "cpp", "google_rpc.proto");
const LOADER_OPTIONS = { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true };
const MESSAGE_BYTES = 64 * 1024 * 1024;
const FIT_DEADLINE_MS = 10 * 60 * 1000; // the fit may have to wait for others
const LIVE_DEADLINE_MS = 5 * 60 * 1000;
const FRAME_INTERVAL_MS = 33;
const FRAMES = 30;
const MOST_FRAMES = 5000;
const EXIT_FAILED = 1;
const EXIT_USAGE = 64;
const EXIT_INTERRUPTED = 130;
const USAGE = `usage: node example.mjs ADDRESS fit PHOTO OUT_DIR
       node example.mjs ADDRESS live IMAGE [COUNT]
ADDRESS is host:port of the server; COUNT is 1 to ${MOST_FRAMES}, ${FRAMES} when left out.`;

/** Return a client of one service; it takes messages of up to 64 MiB both ways. */
function connect(address, service) {
  const files = ["facewright/v1/fitting.proto", "facewright/v1/expression.proto"];
  const definition = protoLoader.loadSync(files, { ...LOADER_OPTIONS, includeDirs: [PROTO_ROOT] });
  const Client = grpc.loadPackageDefinition(definition).facewright.v1[service];
  return new Client(address, grpc.credentials.createInsecure(), {
    "grpc.max_receive_message_length": MESSAGE_BYTES,
    "grpc.max_send_message_length": MESSAGE_BYTES,
  });
}

/** Return the metadata of a call: who is calling and, if the environment has one, the token. */
function makeMetadata() {
  const metadata = new grpc.Metadata();
  metadata.set("x-facewright-client", randomUUID());
  if (process.env.FACEWRIGHT_TOKEN) {
    if (!/^[!-~]+$/.test(process.env.FACEWRIGHT_TOKEN)) {
      throw new Error("FACEWRIGHT_TOKEN has characters that cannot be sent; give one word of ASCII characters");
    }
    metadata.set("authorization", `Bearer ${process.env.FACEWRIGHT_TOKEN}`);
  }
  return metadata;
}

/** Cancel a call on Ctrl-C or SIGTERM; a second one ends the program. */
function cancelOnInterrupt(call) {
  const cancel = () => {
    process.exitCode = EXIT_INTERRUPTED;
    call.cancel();
  };
  process.once("SIGINT", cancel);
  process.once("SIGTERM", cancel);
}

/** Return reason and remedy of a failed call; both are undefined when it did not come from Facewright. */
function errorInfo(error) {
  const [trailer] = error.metadata?.get("grpc-status-details-bin") ?? [];
  if (!trailer) {
    return {};
  }
  const messages = protoLoader.loadSync(RPC_PROTO, LOADER_OPTIONS);
  const details = messages["google.rpc.Status"].deserialize(trailer).details;
  const found = details.find((detail) => detail.type_url.endsWith("/google.rpc.ErrorInfo"));
  const info = found && messages["google.rpc.ErrorInfo"].deserialize(found.value);
  return info?.domain === "facewright" ? { reason: info.reason, remedy: info.metadata.remedy } : {};
}

/** Print an error: a failed call as code, message, reason and remedy. */
function report(error) {
  const isCall = Number.isInteger(error.code) && "details" in error;
  console.error(isCall ? `${grpc.status[error.code]}: ${error.details}` : error.message);
  const { reason, remedy } = isCall ? errorInfo(error) : {};
  if (reason) {
    console.error(`reason: ${reason}\nremedy: ${remedy}`);
  }
}

/** Write a file that the server made: under a temporary name first, then under its own. */
async function writeResult(folder, { name, content }) {
  if (!name || name === "." || name === ".." || /[\\/:\0]/.test(name)) {
    throw new Error(`the server sent a file named '${name}', which is not a plain name`);
  }
  const target = path.join(folder, name);
  const temporary = path.join(folder, `.${randomUUID()}.part`);
  try {
    await writeFile(temporary, content);
    await rename(temporary, target);
  } finally {
    await rm(temporary, { force: true });
  }
  console.log(`wrote ${target}, ${content.length} bytes`);
}

function printProgress({ stage, step, steps, loss, fraction, _loss }) {
  const lossText = _loss ? `  loss ${loss.toFixed(4)}` : "";
  console.log(`${stage.padEnd(12)} ${step}/${steps}${lossText}  ${Math.round(100 * fraction)} %`);
}

function printResult({ head_pose: pose, bones }) {
  const place = pose.translation_m ?? { x: 0, y: 0, z: 0 };
  const angles = `yaw ${pose.yaw_deg.toFixed(1)}, pitch ${pose.pitch_deg.toFixed(1)}, roll ${pose.roll_deg.toFixed(1)}`;
  const position = [place.x, place.y, place.z].map((value) => value.toFixed(3)).join(", ");
  console.log(`head pose: ${angles} degrees at (${position}) m`);
  console.log(`bones: ${bones.length}`);
}

/** Fit a head to a photo, print how far it is, and write rig.json and head.glb into a folder. */
async function fit(address, photo, folder) {
  const content = await readFile(photo);
  await mkdir(folder, { recursive: true });
  const client = connect(address, "FittingService");
  const request = {
    request_id: randomUUID(),
    fit: { photos: [{ content }], files: ["RESULT_FILE_RIG_JSON", "RESULT_FILE_GLB"] },
  };
  const call = client.FitPhoto(request, makeMetadata(), { deadline: Date.now() + FIT_DEADLINE_MS });
  cancelOnInterrupt(call);
  let result;
  for await (const response of call) {
    if (response.event === "accepted") {
      console.log(`accepted as ${response.accepted.job_id}, ${response.accepted.queue_position} before it`);
    } else if (response.event === "progress") {
      printProgress(response.progress);
    } else if (response.event === "result") {
      result = response.result;
    }
  }
  client.close();
  if (!result) {
    throw new Error("the server ended the call without a result");
  }
  printResult(result);
  for (const file of result.files) {
    await writeResult(folder, file);
  }
}

/** Send the header, then the frames at the pace of a camera; stop early when the call has ended. */
async function sendFrames(call, encoded, count) {
  call.write({ header: {} });
  const start = performance.now();
  for (let number = 1; number <= count && call.writable; number += 1) {
    call.write({ frame: { frame_id: number, timestamp_us: Math.round(1000 * performance.now()), encoded } });
    await sleep(Math.max(0, start + number * FRAME_INTERVAL_MS - performance.now()));
  }
  call.end();
}

function printAnswers(blendshapes, last, expressionCount, status) {
  const state = last.state.replace("TRACKING_STATE_", "").toLowerCase();
  console.log(`expressions: ${expressionCount}; the last, of frame ${last.frame_id}, is ${state}`);
  const ranked = blendshapes.map((name, index) => [name, last.coefficients[index]]);
  ranked.sort((left, right) => right[1] - left[1]);
  for (const [name, coefficient] of ranked.slice(0, 5)) {
    console.log(`  ${name.padEnd(20)} ${coefficient.toFixed(3)}`);
  }
  const { received_frames: received, answered_frames: answered, dropped_frames: dropped } = status;
  const counts = `${received} received, ${answered} answered, ${dropped} dropped, ${status.damaged_frames} damaged`;
  console.log(`frames: ${counts}; median work ${status.median_work_ms.toFixed(1)} ms`);
}

/** Send an image some times as the frames of a camera and print what the face does in it. */
async function live(address, image, count) {
  const encoded = await readFile(image);
  const client = connect(address, "ExpressionService");
  const call = client.StreamExpressions(makeMetadata(), { deadline: Date.now() + LIVE_DEADLINE_MS });
  cancelOnInterrupt(call);
  const sending = sendFrames(call, encoded, count);
  let [blendshapes, last, status, expressionCount] = [[], undefined, undefined, 0];
  for await (const response of call) {
    if (response.message === "started") {
      blendshapes = response.started.blendshapes;
      console.log(`blendshapes: ${blendshapes.length}`);
    } else if (response.message === "expression") {
      last = response.expression;
      expressionCount += 1;
    } else if (response.message === "status") {
      status = response.status;
    }
  }
  await sending;
  client.close();
  if (!last || !status) {
    throw new Error(`the server answered no frame${status?.notice ? `: ${status.notice}` : ""}`);
  }
  printAnswers(blendshapes, last, expressionCount, status);
}

/** Run the subcommand that the words of the command line name; return false when they name none. */
async function run([address, command, file, last, ...rest]) {
  const count = last === undefined ? FRAMES : Number(last);
  const isCountAllowed = Number.isInteger(count) && count > 0 && count <= MOST_FRAMES;
  if (rest.length === 0 && command === "fit" && last !== undefined) {
    await fit(address, file, last);
  } else if (rest.length === 0 && command === "live" && file && isCountAllowed) {
    await live(address, file, count);
  } else {
    return false;
  }
  return true;
}

try {
  if (!(await run(process.argv.slice(2)))) {
    console.error(USAGE);
    process.exitCode = EXIT_USAGE;
  }
} catch (error) {
  report(error);
  process.exitCode ||= EXIT_FAILED;
}
