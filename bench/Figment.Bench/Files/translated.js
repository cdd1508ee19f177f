// A server that translates its own source as it starts, as babel-node and ts-node do for their users.
'use strict';
const fs = require('fs');
const path = require('path');
const { transformSync } = require('@babel/core');
const source = fs.readFileSync(path.join(__dirname, 'express.js'), 'utf8');
const { code } = transformSync(source, { presets: [require('@babel/preset-env')], filename: 'express.js', babelrc: false, configFile: false });
new Function('require', code)(require);
