// A server as people write it: a framework with what it needs, some routes, a store of its own.
'use strict';
const express = require('express');
const app = express();
const greetings = new Map();
for (let number = 0; number < 10_000; number++) greetings.set(String(number), { number, text: `greeting ${number}` });
app.use(express.json());
app.use(express.urlencoded({ extended: false }));
app.get('/', (request, response) => response.set('Connection', 'close').send('hello\n'));
app.get('/greetings/:number', (request, response) => response.json(greetings.get(request.params.number) ?? {}));
app.listen(8080);
