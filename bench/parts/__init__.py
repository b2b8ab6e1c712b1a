"""What can be measured, by name, in the order of the page. Each part is a function run(bench) -> Section."""

from parts import engine, growth, idle, latency, memory, micro, requests, start

PARTS = {
    "engine": engine.run,
    "memory": memory.run,
    "requests": requests.run,
    "idle": idle.run,
    "latency": latency.run,
    "start": start.run,
    "growth": growth.run,
    "micro": micro.run,
}
