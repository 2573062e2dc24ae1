// The AWS SDK for JavaScript, and its upload manager, against the embedded store. Reads HR_OPERATIONS, HR_ENDPOINT and
// the credentials; prints a line an operation, as client_cases.py does.
"use strict";
const crypto = require("node:crypto");
const fs = require("node:fs");
const s3 = require("@aws-sdk/client-s3");
const { Upload } = require("@aws-sdk/lib-storage");
const { getSignedUrl } = require("@aws-sdk/s3-request-presigner");

const CLIENT = "aws-sdk-js";
const REGION = "us-east-1";
const WHY_MAX = 400;
const MIB = 1 << 20;
const OBJECT = crypto.randomBytes(100_000);
const LARGE = crypto.randomBytes(12 * MIB);
const BLANKS = ["a b+c.txt", "two  blanks/100% sure.txt", "größe/测试.txt"];
const TAGS = [{ Key: "colour", Value: "blue" }, { Key: "two words", Value: "a+b c" }];
const Bucket = `awsjs-${crypto.randomBytes(4).toString("hex")}`;
const OTHER = `${Bucket}-other`;
const LISTED = [];
for (const [folder, count] of [["a", 12], ["b", 13]])
  for (let index = 0; index < count; index++) LISTED.push(`list/${folder}/${String(index).padStart(2, "0")}`);

const client = new s3.S3Client({ endpoint: process.env.HR_ENDPOINT, region: REGION, forcePathStyle: true, maxAttempts: 1,
  credentials: { accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY } });

class Gap extends Error {}

const missing = (why) => async () => { throw new Gap(why); };
const ask = (name, options = {}) => client.send(new s3[`${name}Command`]({ Bucket, ...options }));
const put = (Key, Body, options = {}) => ask("PutObject", { Key, Body, ...options });

async function read(Key, options = {}) {
  const response = await ask("GetObject", { Key, ...options });
  return Buffer.from(await response.Body.transformToByteArray());
}

function same(got, wanted) {
  if (Buffer.isBuffer(got)) {
    if (!got.equals(wanted)) throw new Error(`${got.length} bytes came back, not the ${wanted.length}`);
  } else if (JSON.stringify(got) !== JSON.stringify(wanted))
    throw new Error(`${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
}

async function keys(Prefix, options = {}) {
  const found = [];
  for await (const page of s3.paginateListObjectsV2({ client, pageSize: 10 }, { Bucket, Prefix, ...options }))
    found.push(...(page.Contents ?? []).map((each) => each.Key));
  return found;
}

async function copy(from, to, options = {}) {
  const CopySource = `${Bucket}/${from.split("/").map(encodeURIComponent).join("/")}`;
  await ask("CopyObject", { Key: to, CopySource, ...options });
}

async function empty(name) {
  const all = await keys("", { Bucket: name });
  const done = await ask("DeleteObjects", { Bucket: name, Delete: { Objects: all.map((Key) => ({ Key })) } });
  same(done.Deleted.length, all.length);
  await ask("DeleteBucket", { Bucket: name });
}

const operations = {
  async bucket() {
    await ask("CreateBucket");
    await ask("CreateBucket", { Bucket: OTHER });
    const listed = (await client.send(new s3.ListBucketsCommand({}))).Buckets.map((each) => each.Name);
    same([Bucket, OTHER].filter((name) => listed.includes(name)), [Bucket, OTHER]);
  },
  async put() {
    await put("put", OBJECT);
  },
  async get() {
    same(await read("put"), OBJECT);
  },
  async range() {
    same(await read("put", { Range: "bytes=1000-1999" }), OBJECT.subarray(1000, 2000));
  },
  async list() {
    for (const key of LISTED) await put(key, "x");
    same(await keys("list/"), LISTED);
    const page = await ask("ListObjectsV2", { Prefix: "list/", Delimiter: "/" });
    same(page.CommonPrefixes.map((each) => each.Prefix), ["list/a/", "list/b/"]);
  },
  async metadata() {
    await put("metadata", "x", { ContentType: "text/x-test", Metadata: { colour: "dark blue" } });
    const head = await ask("HeadObject", { Key: "metadata" });
    same([head.ContentType, head.Metadata], ["text/x-test", { colour: "dark blue" }]);
  },
  async tags() {
    await put("tags", "x");
    await ask("PutObjectTagging", { Key: "tags", Tagging: { TagSet: TAGS } });
    const got = (await ask("GetObjectTagging", { Key: "tags" })).TagSet;
    same(got.map((tag) => [tag.Key, tag.Value]).sort(), TAGS.map((tag) => [tag.Key, tag.Value]));
    await ask("DeleteObjectTagging", { Key: "tags" });
  },
  async copy() {
    await put("source", OBJECT, { Metadata: { colour: "blue" } });
    await copy("source", "copied");
    same(await read("copied"), OBJECT);
    same((await ask("HeadObject", { Key: "copied" })).Metadata, { colour: "blue" });
  },
  async "other-bucket"() {
    await copy("source", "copied", { Bucket: OTHER });
    same(await read("copied", { Bucket: OTHER }), OBJECT);
  },
  async blanks() {
    for (const key of BLANKS) {
      await put(key, key);
      same(await read(key), Buffer.from(key));
      await copy(key, `moved/${key}`);
      same(await read(`moved/${key}`), Buffer.from(key));
      same(await keys(`moved/${key}`), [`moved/${key}`]);
    }
  },
  async multipart() {
    await new Upload({ client, partSize: 5 * MIB, params: { Bucket, Key: "multipart", Body: LARGE } }).done();
    const head = await ask("HeadObject", { Key: "multipart" });
    same(head.ETag.endsWith('-3"'), true);
    same(await read("multipart"), LARGE);
  },
  async presign() {
    await put("presign", OBJECT);
    const url = await getSignedUrl(client, new s3.GetObjectCommand({ Bucket, Key: "presign" }), { expiresIn: 60 });
    same(Buffer.from(await (await fetch(url)).arrayBuffer()), OBJECT);
  },
  sync: missing("the client has no such call"),
  async delete() {
    await ask("DeleteObject", { Key: "put" });
    same(await ask("HeadObject", { Key: "put" }).then(() => 200, (error) => error.$metadata.httpStatusCode), 404);
    await empty(Bucket);
    await empty(OTHER);
  },
};

async function result(name) {
  try {
    if (!operations[name]) throw new Error("the program has no such operation");
    await operations[name]();
    return `ok: ${CLIENT}: ${name}`;
  } catch (error) {
    if (error instanceof Gap) return `gap: ${CLIENT}: ${name}: ${error.message}`;
    const why = `${error.name}: ${error.message}`.replace(/\s+/g, " ").slice(0, WHY_MAX);
    const word = /is not implemented(: [\w-]+)/.exec(why)?.[1] ?? "";
    return /not ?implemented/i.test(why) ? `gap: ${CLIENT}: ${name}: not yet in the store${word}`
      : `fail: ${CLIENT}: ${name}: ${why}`;
  }
}

async function main() {
  console.log(`version: ${CLIENT}: ${require("@aws-sdk/client-s3/package.json").version}`);
  for (const line of fs.readFileSync(process.env.HR_OPERATIONS, "utf8").trim().split("\n")) {
    const told = await result(line.split(":")[0]);
    if (told.startsWith("fail")) process.exitCode = 1;
    console.log(told);
  }
}

main();
