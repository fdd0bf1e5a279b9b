// Without this script, the page continues after the time of its refresh.
const frames = [...document.querySelectorAll('iframe')];
const loaded = frames.map((frame) => new Promise((resolve) => frame.addEventListener('load', resolve)));
void Promise.all(loaded).then(() => location.replace(document.getElementById('continue').href));
