// Reads a trace as Apollo's own package does. Asked: { ftv1 }. Answers the Trace message as JSON.
import protobuf from "@apollo/usage-reporting-protobuf";
import { answer, question } from "./asked.mjs";

const message = protobuf.Trace.decode(Buffer.from(question.ftv1, "base64"));
const problem = protobuf.Trace.verify(message);
if (problem) throw new Error(problem);
answer(protobuf.Trace.toObject(message, { longs: Number }));
