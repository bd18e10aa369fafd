// Sends the same finished message so many times over a pool of connections, and says how long that
// took in seconds: node nodemailer.js PORT FILE COUNT CONNECTIONS FROM [MESSAGES_PER_CONNECTION]
const fs = require("fs");
const nodemailer = require("nodemailer");

const [port, file, count, connections, from, each] = process.argv.slice(2);
const raw = fs.readFileSync(file);
const transport = nodemailer.createTransport({
  host: "127.0.0.1",
  port: Number(port),
  ignoreTLS: true,
  pool: true,
  maxConnections: Number(connections),
  maxMessages: each ? Number(each) : Infinity,
});

async function main() {
  const began = process.hrtime.bigint();
  const all = [];
  for (let number = 0; number < Number(count); number++) {
    all.push(transport.sendMail({ raw, envelope: { from, to: `p${number}@acme.test` } }));
  }
  await Promise.all(all);
  console.log(Number(process.hrtime.bigint() - began) / 1e9);
  transport.close();
}

main();
