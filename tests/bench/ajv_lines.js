// ajv_lines: JSON lines that keep a contract, as a node programmer writes it: ajv's compiled validator, first error only.
//
//	node ajv_lines.js NODE_MODULES CONTRACT <in.jsonl
"use strict";
const fs = require("fs");
const [modules, contract] = process.argv.slice(2);
const Ajv = require(modules + "/ajv/dist/2020").default;
const ajv = new Ajv({ strict: false });

require(modules + "/ajv-formats").default(ajv);

const valid = ajv.compile(JSON.parse(fs.readFileSync(contract, "utf8")));
const block = Buffer.alloc(1 << 20);
let held = Buffer.alloc(0);

for (let n; (n = fs.readSync(0, block, 0, block.length, null)) > 0;) {
	const data = Buffer.concat([held, block.subarray(0, n)]);
	const end = data.lastIndexOf(10) + 1;
	const good = data.toString("utf8", 0, end).split("\n").filter((line) => line && valid(JSON.parse(line)));

	held = data.subarray(end);
	if (good.length)
		fs.writeSync(1, good.join("\n") + "\n");
}
