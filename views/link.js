import './partials/show-password.js';
