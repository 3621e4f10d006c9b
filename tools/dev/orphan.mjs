// npm forwards some signals and dies silently of others, and so does a killed program: nothing could stop the processes they
// leave. So a command exits, as when its terminal closes, once the process that started it for npm is gone. A command that
// was started without npm may outlive its shell.
const parent = process.ppid;

if (process.env.npm_lifecycle_event) {
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGHUP');
  }, 500);
  timer.unref();
}
