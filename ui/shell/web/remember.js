// Sets a cookie, or deletes it if the value is empty.

export default function ({ data }) {
    const { name, value, path, days } = data;
    const age = value ? days * 24 * 60 * 60 : 0;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${value}; Max-Age=${age}; Path=${path}; SameSite=Lax${secure}`;
}
